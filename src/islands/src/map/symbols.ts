/** Symbols drawn on a canvas: each meaning has its own shape as well as its colour, on map and in legend alike. */
import { toneColour, token } from "../core/colours";

const SIZE = 22;

function outline(pen: CanvasRenderingContext2D, tone: string): void {
  const c = SIZE / 2;
  pen.beginPath();
  if (tone === "soon") {
    pen.moveTo(c, 1.5);
    pen.lineTo(SIZE - 1.5, c);
    pen.lineTo(c, SIZE - 1.5);
    pen.lineTo(1.5, c);
    pen.closePath();
  } else if (tone === "overdue") {
    pen.moveTo(c, 1.5);
    pen.lineTo(SIZE - 1.2, SIZE - 3);
    pen.lineTo(1.2, SIZE - 3);
    pen.closePath();
  } else if (tone === "done" || tone === "paused") pen.roundRect(3, 3, SIZE - 6, SIZE - 6, 4);
  else pen.arc(c, c, tone === "neutral" ? 5 : 8, 0, 7);
}

function sign(pen: CanvasRenderingContext2D, tone: string): void {
  const c = SIZE / 2;
  pen.beginPath();
  if (tone === "overdue") {
    pen.moveTo(c, 8);
    pen.lineTo(c, 13);
    pen.moveTo(c, 16);
    pen.lineTo(c, 16.2);
  } else if (tone === "paused") {
    pen.moveTo(9, 7.5);
    pen.lineTo(9, 14.5);
    pen.moveTo(13, 7.5);
    pen.lineTo(13, 14.5);
  } else if (tone === "done") {
    pen.moveTo(7, 11.5);
    pen.lineTo(10, 14.5);
    pen.lineTo(15, 8);
  } else if (tone === "soon") {
    pen.moveTo(c, 7);
    pen.lineTo(c, 11);
    pen.lineTo(14, 13);
  } else if (tone === "in_time") pen.arc(c, c, 1.5, 0, 7);
  pen.stroke();
}

/** Return one symbol at twice its size, for sharp screens. */
export function symbol(tone: string, selected = false): ImageData {
  const ratio = 2;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * ratio;
  const pen = canvas.getContext("2d")!;
  pen.scale(ratio, ratio);
  pen.lineJoin = pen.lineCap = "round";
  outline(pen, tone);
  pen.fillStyle = toneColour(tone);
  pen.fill();
  pen.lineWidth = selected ? 3 : 1.5;
  pen.strokeStyle = selected ? token("focus") : token("map-halo");
  pen.stroke();
  pen.lineWidth = 2;
  pen.strokeStyle = token("card");
  sign(pen, tone);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** The same symbol as a picture element, for the legend. */
export function symbolElement(tone: string): HTMLCanvasElement {
  const data = symbol(tone);
  const canvas = document.createElement("canvas");
  canvas.width = data.width;
  canvas.height = data.height;
  canvas.className = "mark";
  canvas.getContext("2d")!.putImageData(data, 0, 0);
  return canvas;
}

/** A drop pin, as an element that the map places and the hand drags. */
export function pinElement(tone = "accent"): HTMLElement {
  const holder = document.createElement("div");
  holder.className = "yw-pin";
  holder.style.setProperty("--pin", toneColour(tone));
  holder.innerHTML =
    '<svg viewBox="0 0 34 42" width="34" height="42" aria-hidden="true"><path d="M17 1.5C8.4 1.5 1.5 8.4 1.5 17c0 10.6 15.5 23.5 15.5 23.5S32.5 27.6 32.5 17C32.5 8.4 25.6 1.5 17 1.5z" fill="currentColor" stroke="#fff" stroke-width="2"/><circle cx="17" cy="17" r="6" fill="#fff"/></svg>';
  return holder;
}
