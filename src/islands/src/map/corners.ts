/** Shapes whose corners are moved. Corners at one place are one corner, whichever shapes have it, so a shared border stays shared. */

export type Point = [number, number];

export interface Shape {
  /** Number of the grid; empty when it came out of the field and not from the map. */
  id: string;
  /** Outer ring and holes, without the point that closes them. */
  rings: Point[][];
  /** Ours to change: chosen, or a neighbour that moved along. */
  own: boolean;
}

/** Degrees, about 5 cm: what is nearer is the same place. */
const SAME = 5e-7;

export const same = (a: Point, b: Point): boolean => Math.abs(a[0] - b[0]) < SAME && Math.abs(a[1] - b[1]) < SAME;

const open = (ring: GeoJSON.Position[]): Point[] => {
  const points = ring.map(([x, y]) => [x, y] as Point);
  return points.length > 1 && same(points[0], points[points.length - 1]) ? points.slice(0, -1) : points;
};

/** The polygons of a geometry, one shape each. */
export function shapesOf(geometry: GeoJSON.Geometry, id: string, own: boolean): Shape[] {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
  return polygons.map((rings) => ({ id, own, rings: rings.map(open) }));
}

export function asGeometry(shapes: Shape[]): GeoJSON.MultiPolygon {
  return { type: "MultiPolygon", coordinates: shapes.map((shape) => shape.rings.map((ring) => [...ring, ring[0]])) };
}

export const copyOf = (shapes: Shape[]): Shape[] => shapes.map((shape) => ({ ...shape, rings: shape.rings.map((ring) => ring.map(([x, y]) => [x, y] as Point)) }));

/** The corners of our shapes, each place once, in the order of the rings. */
export function cornersOf(shapes: Shape[]): Point[] {
  const found: Point[] = [];
  for (const { rings, own } of shapes) if (own) for (const ring of rings) for (const at of ring) if (!found.some((one) => same(one, at))) found.push(at);
  return found;
}

/** The edges of our shapes, each once. */
export function edgesOf(shapes: Shape[]): [Point, Point][] {
  const found: [Point, Point][] = [];
  for (const { rings, own } of shapes) {
    if (!own) continue;
    for (const ring of rings) {
      ring.forEach((a, n) => {
        const b = ring[(n + 1) % ring.length];
        if (!found.some(([c, d]) => (same(a, c) && same(b, d)) || (same(a, d) && same(b, c)))) found.push([a, b]);
      });
    }
  }
  return found;
}

/** Whether a place lies on an edge, but on neither of its ends. */
function between(at: Point, a: Point, b: Point): boolean {
  if (same(at, a) || same(at, b)) return false;
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const share = ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / (dx * dx + dy * dy || 1);
  return share > 0 && share < 1 && same(at, [a[0] + share * dx, a[1] + share * dy]);
}

/** Give every shape whose border passes a place a corner there: three grids meet in one corner although one of them has none. */
export function weld(shapes: Shape[], at: Point, along: boolean): void {
  for (const shape of shapes) {
    if (!shape.own && !along) continue;
    shape.rings = shape.rings.map((ring) => {
      const n = ring.findIndex((a, i) => between(at, a, ring[(i + 1) % ring.length]));
      return n < 0 || ring.some((one) => same(one, at)) ? ring : [...ring.slice(0, n + 1), [at[0], at[1]], ...ring.slice(n + 1)];
    });
  }
}

const tidy = (ring: Point[]): Point[] => ring.filter((at, n) => !same(at, ring[(n + 1) % ring.length]));

/** Move a corner of ours, with `along` also that of neighbours, which become ours; returns false where a shape would collapse. */
export function moveCorner(shapes: Shape[], from: Point, to: Point, along: boolean): boolean {
  weld(shapes, from, along);
  const changed = new Map<Shape, Point[][]>();
  for (const shape of shapes) {
    if ((!shape.own && !along) || !shape.rings.some((ring) => ring.some((at) => same(at, from)))) continue;
    const rings = shape.rings.map((ring) => tidy(ring.map((at) => (same(at, from) ? ([to[0], to[1]] as Point) : at))));
    if (rings.some((ring) => ring.length < 3)) return false;
    changed.set(shape, rings);
  }
  for (const [shape, rings] of changed) Object.assign(shape, { rings, own: true });
  return true;
}

/** Take a corner out of our shapes, with `along` also out of neighbours that have it; false where a shape would collapse. */
export function removeCorner(shapes: Shape[], at: Point, along: boolean): boolean {
  const having = shapes.filter((shape) => (shape.own || along) && shape.rings.some((ring) => ring.some((one) => same(one, at))));
  const left = having.map((shape) => shape.rings.map((ring) => ring.filter((one) => !same(one, at))));
  if (left.some((rings) => rings.some((ring) => ring.length < 3))) return false;
  having.forEach((shape, n) => Object.assign(shape, { rings: left[n], own: true }));
  return true;
}

/** The middle of the edge that begins at a corner, in the first of our rings that has it. */
export function afterCorner(shapes: Shape[], at: Point): Point | null {
  for (const { rings, own } of shapes) {
    if (!own) continue;
    for (const ring of rings) {
      const n = ring.findIndex((one) => same(one, at));
      if (n >= 0) return middle(ring[n], ring[(n + 1) % ring.length]);
    }
  }
  return null;
}

export const middle = (a: Point, b: Point): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
