import type { FeatureCollection } from "geojson";
import type { DrawConfig } from "./draw";

/** One layer of facts. Features carry: uid, name (or label), tone, and for cases code, title, status,
 *  due, address, href; a group that the server counted carries `count`. */
export interface LayerConfig {
  id: string;
  label: string;
  kind: "cases" | "points" | "areas" | "lines" | "heat";
  /** GeoJSON address; with {bbox} (west,south,east,north) and {zoom} in it, it is asked again after each move. */
  url?: string;
  data?: FeatureCollection;
  /** Vector tiles, ".../{z}/{x}/{y}.pbf", and the layer inside them. */
  tiles?: string;
  source_layer?: string;
  cluster?: boolean;
  tone?: string;
  colour?: string;
  minzoom?: number;
  maxzoom?: number;
  /** Points are counted in cells below this zoom (tiles only). */
  group_below?: number;
  /** Areas coloured by their own `band` (a grade's colour), or the redder the larger their `share` (0 to 1) is. */
  by?: "band" | "share";
  /** Of areas, 0 to 1. */
  fill_opacity?: number;
  label_field?: string;
  visible?: boolean;
  /** Answers {layer, title, rows, href} for {uid}. */
  facts?: string;
  review_number?: string;
}

export interface Place {
  lon: number;
  lat: number;
  label?: string;
  tone?: string;
}

export interface MapConfig {
  mode?: "browse" | "pick" | "one";
  /** What lies under everything: boundaries, water, roads; a list, or an address that answers {bounds, layers}. */
  base?: string | LayerConfig[];
  layers?: LayerConfig[];
  bounds?: [number, number, number, number];
  centre?: [number, number];
  zoom?: number;
  one?: Place;
  /** Draw a line or polygons into a text field; its script is loaded only then. Goes with mode "pick". */
  draw?: DrawConfig;
  /** Layer tree, search, measuring, what is here; the address of the catalogue of layers, or true for /map/layers.json. */
  tools?: boolean | string;
  /** Layers of the catalogue that are on when the map opens. */
  on?: string[];
  /** The page that prints the map. */
  print?: string;
  /** On paper: no buttons, and the picture stays for the printer. */
  paper?: boolean;
  /** Table of the same facts under the map; off where the page already has the list. */
  table?: boolean;
  pick?: {
    /** Selectors of the fields that hold the answer; they stay usable by hand. */
    lon: string;
    lat: string;
    address?: string;
    accuracy?: string;
    /** Answers {matches: [{name, kind, lon, lat}]} for {q}; /map/search.json unless told otherwise, "" for none. */
    search?: string;
    /** Answers {address, chain, no_grid}, or a problem, for {lon} and {lat}; /map/place.json unless told otherwise. */
    reverse?: string;
  };
}
