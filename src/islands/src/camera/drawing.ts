/** What is drawn on a photo, on the page's canvas and on that of a worker alike. */

export const QUALITY = 0.82;

export interface Wish {
  width: number;
  height: number;
  /** Written into the picture at its foot; none for a picture that was only made smaller. */
  lines: string[];
  /** The page's font, which a worker cannot look up. */
  family: string;
}

type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export function burn(pen: Pen, { width, height, lines, family }: Wish): void {
  if (!lines.length) return;
  const size = Math.max(14, Math.round(Math.min(width, height) / 34));
  const pad = Math.round(size * 0.6);
  pen.font = `600 ${size}px ${family}`;
  pen.textBaseline = "bottom";
  const boxHeight = lines.length * size * 1.4 + pad;
  pen.fillStyle = "rgb(0 0 0 / 55%)";
  pen.fillRect(0, height - boxHeight, width, boxHeight);
  pen.fillStyle = "#fff";
  lines.forEach((line, i) => pen.fillText(line, pad, height - boxHeight + pad / 2 + (i + 1) * size * 1.4, width - 2 * pad));
}
