/** What goes between the phone and its server (/api/v1/city/field/), and what the phone keeps. Times are ISO 8601 with offset. */

export interface Place {
  lon: number;
  lat: number;
  accuracy_m: number | null;
  source: "gps" | "pin" | "component" | "plate";
}

export interface Shift {
  uid: string;
  began_at: string;
}

export interface Settings {
  photo_px: number;
  track_every_s: number;
  track_min_m: number;
  keep_days: number;
  big_characters_default: boolean;
  no_fix_after_s: number;
}

export interface KnownPoint {
  lon: number;
  lat: number;
  name: string;
  radius_m: number;
}

export interface Me {
  person: { uid: string; name: string; posts: (string | { name?: string; label?: string })[] };
  server_time: string;
  shift: Shift | null;
  settings: Settings;
  known_point: KnownPoint | null;
}

export interface Grid {
  uid: string;
  code: string;
  name: string;
  kind: "responsibility" | "unit";
  shape: GeoJSON.Geometry;
}

export interface ProblemClass {
  code: string;
  name: string;
  major: string;
  kind: "component" | "event";
  pinyin_initials: string;
  frequent: boolean;
  component_classes?: string[];
}

export interface TileSource {
  template: string;
  minzoom: number;
  maxzoom: number;
  /** `template` has {layer}; below its minzoom a layer is not asked for. */
  layers: { code: string; name?: string; kind?: string; template?: string; minzoom?: number; maxzoom?: number; colour?: string }[];
}

export interface Pack {
  version: string;
  grids: Grid[];
  classes: ProblemClass[];
  bounds: [number, number, number, number] | null;
  tiles: TileSource | null;
}

export interface Field {
  name: string;
  label: string;
  type: string;
  choices?: (string | { value: string; label: string } | [string, string])[];
  required: boolean;
}

export interface TaskAction {
  code: string;
  label: string;
  needs_photo: boolean;
  needs_reason: boolean;
}

export interface CensusItem {
  uid: string;
  code: string;
  class_code: string;
  name: string;
  place: { lon: number; lat: number } | null;
  address?: string;
  status?: string;
  /** "asked" until somebody answered. */
  state: string;
}

/** One grid's part of an order. */
export interface CensusPart {
  order_uid: string;
  asks: string[];
  asks_photo: boolean;
  asks_new: boolean;
  most_metres: number;
  classes: { code: string; name: string }[];
  items: CensusItem[];
}

export interface FieldTask {
  uid: string;
  kind: "verify" | "check" | "census";
  case: { uid: string; number: string; title: string; class_name: string; state: string } | null;
  place: { lon: number; lat: number } | null;
  address: string;
  due_at: string | null;
  form: Field[];
  actions: TaskAction[];
  photos_before: string[];
  census?: CensusPart | null;
}

export interface Message {
  uid: string;
  kind: "notice" | "urge" | "supervise";
  title: string;
  text: string;
  at: string;
  case_uid?: string;
}

export interface Figures {
  today: Record<string, number>;
  month: Record<string, number>;
  cover: { share: number; cells_seen: number; cells: number } | null;
}

export type ActKind = "report" | "task" | "census" | "shift_in" | "shift_out";

export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  told: string;
  fields: string[];
}

export interface ActAnswer {
  uid: string;
  outcome: string;
  case: { uid: string; number: string; state: string } | null;
  clock_off_s: number | null;
  shift?: Shift | null;
  /** At sign-in: whether the browser gives shifted places, which the server then sets right. */
  fix?: { system: string; sure: boolean; off_m: number | null } | null;
}

/** One thing that was done on the street. It is written down before anything is sent, and stays until it was taken. */
export interface Act {
  seq?: number;
  uid: string;
  /** Whose act it is: nobody else's session sends it. */
  person: string;
  kind: ActKind;
  occurred_at: string;
  place: Place | null;
  no_place_reason: string;
  /** Our own numbers of photos and sounds; the server's numbers are on the files. */
  files: string[];
  data: Record<string, unknown>;
  /** What the list says of it. */
  title: string;
  subtitle: string;
  /** held: the server failed on it again and again; it waits behind the others. */
  state: "waiting" | "held" | "done" | "refused";
  tries: number;
  /** Not before this moment (ms): time to take it back, or the pause after a failure. */
  hold_until: number;
  next_at: number;
  resent_files?: boolean;
  /** Files that the server would not have (no picture, too large); the act went without them. */
  left_out?: string[];
  error?: Problem;
  answer?: ActAnswer;
  ended_at?: string;
}

export interface KeptFile {
  uid: string;
  blob: Blob;
  name: string;
  stage: string;
  taken_at: string;
  place: Place | null;
  /** The server's number, and when it took the file: a file that no act names is swept after a day. */
  server_uid?: string;
  uploaded_at?: number;
}

export interface Draft {
  key: string;
  files: string[];
  place: Place | null;
  no_place_reason: string;
  class_code: string;
  text: string;
  asset_uid: string;
  asset_name: string;
  values: Record<string, unknown>;
  reason: string;
  began_at: string;
}

export interface TrackPoint {
  id?: number;
  at: string;
  lon: number;
  lat: number;
  accuracy_m: number;
}

export interface Gap {
  id?: number;
  from: string;
  to: string;
  kind: "no_fix" | "screen_locked" | "off";
}

/** Which shift: its number once the server gave one, else the act that began it. */
export interface ShiftRef {
  uid: string;
  act: string;
  began_at: string;
}

export interface TrackBatch {
  uid: string;
  person: string;
  shift: ShiftRef;
  points: [string, number, number, number][];
  gaps: [string, string, string][];
  tries: number;
  next_at: number;
}
