/** What the server says to a command screen (apps/city/pages/screen.py). */
export type Point = [uid: string, lon: number, lat: number, tone: string, due: number, title: string];

export interface Person {
  uid: string;
  name: string;
  grid: string;
  lon: number | null;
  lat: number | null;
  since: string;
  at: string;
}

export interface Spot {
  key: string;
  label: string;
  lon: number;
  lat: number;
  times: number;
}

export interface Emergency {
  uid: string;
  title: string;
  lon: number | null;
  lat: number | null;
  url: string;
}

/** What the map shows besides cases. `areas`: open and overdue by the code of the area below. */
export interface Beside {
  people: Person[];
  spots: Spot[];
  emergencies: Emergency[];
  open: number;
  areas: Record<string, [number, number]>;
}

export interface Config {
  area: string;
  position: number;
  /** Of the installation: a wall shows its time, wherever the browser thinks it is. */
  zone: string;
  layout: "auto" | "standard" | "ultra";
  layouts: Record<string, Record<string, string[]>>;
  on: string[];
  gap: number;
  idle: number;
  blind: number;
  beside: Beside;
  urls: { page: string; numbers: string; points: string; case: string; full: string; live: string };
  words: Record<string, string>;
}

export interface Moved {
  reload?: boolean;
  points?: Point[];
  gone?: string[];
}

export interface Numbers {
  area: string;
  /** Behind which position `moved` begins; null when it was not asked. */
  since: number | null;
  position: number;
  at: string;
  cards: Record<string, string>;
  beside: Beside;
  moved: Moved | null;
}

export interface Area {
  area: string;
  name: string;
  position: number;
  points: Point[];
  total: number;
  bounds: [number, number, number, number] | null;
  crumbs: [code: string, name: string, url: string][];
  outline: GeoJSON.Geometry | null;
  below: GeoJSON.Feature[];
  list_url: string;
}

export type Words = (key: string, places?: Record<string, string | number>) => string;
