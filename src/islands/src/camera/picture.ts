/** Pictures: made smaller before they travel, time and place written into the picture where the page took it. */
import { burn, QUALITY, type Wish } from "./drawing";

export const LONGEST = 1920;

export interface Stamp {
  lines: string[];
}

/** Draws somewhere else than on the page (phone/painter.ts); null where that cannot be, and the page draws itself. */
export type Painter = (picture: VideoFrame | ImageBitmap, wish: Wish) => Promise<Blob | null>;

function fitted(width: number, height: number, longest = LONGEST): [number, number] {
  const scale = Math.min(1, longest / Math.max(width, height));
  return [Math.round(width * scale), Math.round(height * scale)];
}

function toFile(canvas: HTMLCanvasElement, name: string): Promise<File> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(fileOf(blob, name)) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
  });
}

function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function fileOf(blob: Blob, name: string): File {
  return new File([blob], name, { type: "image/jpeg", lastModified: Date.now() });
}

/** Hold the frame that the camera shows now, without drawing it; null where the browser cannot, or would hold it turned. */
function held(video: HTMLVideoElement): VideoFrame | null {
  if (!("VideoFrame" in globalThis)) return null;
  try {
    const shot = new VideoFrame(video);
    if (shot.displayWidth === video.videoWidth && shot.displayHeight === video.videoHeight) return shot;
    shot.close();
  } catch {
    // not of a camera, or not a single frame yet
  }
  return null;
}

/** Draw a camera frame with its stamp; `longest` is the longer side in pixels. */
export async function frame(video: HTMLVideoElement, stamp: Stamp, name: string, longest = LONGEST, painter?: Painter): Promise<File> {
  const [width, height] = fitted(video.videoWidth, video.videoHeight, longest);
  const wish: Wish = { width, height, lines: stamp.lines, family: getComputedStyle(document.body).fontFamily };
  const shot = painter ? held(video) : null;
  const painted = shot && (await painter!(shot, wish));
  if (painted) return fileOf(painted, name);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d")!;
  pen.drawImage(video, 0, 0, width, height);
  await breath(); // each of the three takes its time on a slow phone: the screen answers in between
  burn(pen, wish);
  await breath();
  return toFile(canvas, name);
}

/** Make a chosen file smaller. Its EXIF (place, time) is kept by sending it as it is when it is small enough already. */
export async function smaller(file: File, painter?: Painter): Promise<File> {
  if (!file.type.startsWith("image/") || file.size < 600_000) return file;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // not a picture that this browser reads: the server says what is wrong with it
  }
  if (Math.max(bitmap.width, bitmap.height) <= LONGEST && file.size < 2_000_000) return file;
  const [width, height] = fitted(bitmap.width, bitmap.height);
  const name = file.name.replace(/\.\w+$/, "") + ".jpg";
  const painted = painter && (await painter(bitmap, { width, height, lines: [], family: "" }));
  if (painted) return withExif(file, fileOf(painted, name));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  if (!bitmap.width) bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }); // given away, and not painted
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return withExif(file, await toFile(canvas, name));
}

/** Put the EXIF block of the original JPEG into the smaller one: the server compares its position with the pin. */
async function withExif(original: File, made: File): Promise<File> {
  if (original.type !== "image/jpeg") return made;
  const head = new DataView(await original.slice(0, 256 * 1024).arrayBuffer());
  let at = 2;
  while (at + 4 < head.byteLength && head.getUint8(at) === 0xff) {
    const marker = head.getUint8(at + 1);
    const length = head.getUint16(at + 2);
    if (marker === 0xda) break;
    const isExif = marker === 0xe1 && at + 10 < head.byteLength && head.getUint32(at + 4) === 0x45786966;
    if (isExif && at + 2 + length <= head.byteLength) {
      const block = new Uint8Array(head.buffer.slice(at, at + 2 + length));
      uprightOrientation(block);
      return new File([made.slice(0, 2), block, made.slice(2)], made.name, { type: "image/jpeg", lastModified: original.lastModified });
    }
    at += 2 + length;
  }
  return made;
}

/** The canvas has turned the picture already: orientation must say 1, or it would be turned twice. */
function uprightOrientation(block: Uint8Array): void {
  const view = new DataView(block.buffer);
  const tiff = 10;
  if (tiff + 8 > view.byteLength) return;
  const little = view.getUint16(tiff) === 0x4949;
  const ifd = tiff + view.getUint32(tiff + 4, little);
  if (ifd + 2 > view.byteLength) return;
  const count = view.getUint16(ifd, little);
  for (let i = 0; i < count; i++) {
    const entry = ifd + 2 + i * 12;
    if (entry + 12 > view.byteLength) return;
    if (view.getUint16(entry, little) === 0x0112) view.setUint16(entry + 8, 1, little);
  }
}
