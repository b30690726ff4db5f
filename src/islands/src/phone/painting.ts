/** The worker that draws photos: on a slow phone one takes a tenth of a second and more, in which the screen would be deaf. */
import { burn, QUALITY, type Wish } from "../camera/drawing";

export interface Order {
  number: number;
  picture: VideoFrame | ImageBitmap;
  wish: Wish;
}

export interface Done {
  number: number;
  blob: Blob | null;
}

async function paint({ picture, wish }: Order): Promise<Blob | null> {
  try {
    const canvas = new OffscreenCanvas(wish.width, wish.height);
    const pen = canvas.getContext("2d");
    if (!pen) return null;
    pen.drawImage(picture, 0, 0, wish.width, wish.height);
    burn(pen, wish);
    return await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  } catch {
    return null; // the page draws it
  } finally {
    picture.close();
  }
}

self.addEventListener("message", (event: MessageEvent<Order>) => {
  void paint(event.data).then((blob) => self.postMessage({ number: event.data.number, blob } satisfies Done));
});
