import type { Browser } from 'playwright-core';

/** In shares of the page's width and height. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Comparison {
  /** Share of the paper within the boxes that the marks have coloured. */
  covered: number;
  /** Share of the coloured pixels that lie within a box or right beside one. */
  inside: number;
  /** Share of the ink under the marks that is dark still. */
  legible: number;
  coloured: number;
}

/** Compares two pictures of a page, with its marks and without them, pixel by pixel. */
export async function compareMarks(
  browser: Browser,
  { plain, marked, boxes }: { plain: Buffer; marked: Buffer; boxes: readonly Box[] },
): Promise<Comparison> {
  // The pictures are read by the browser: a page without an address has no policy that refuses them.
  const page = await browser.newPage();
  try {
    const pictures = [plain, marked].map((picture) => picture.toString('base64'));
    return await page.evaluate(compareInPage, { pictures, boxes: [...boxes] });
  } finally {
    await page.close();
  }
}

/** Runs in the page. */
async function compareInPage({ pictures, boxes }: { pictures: string[]; boxes: Box[] }): Promise<Comparison> {
  const [before, after] = await Promise.all(pictures.map(read));
  if (!before || !after) throw new Error('two pictures are compared');
  const { width, height } = before;
  /** Of the lines above and below that a mark covers too. */
  const [besideX, besideY] = [6, 0.6];
  const isPaper = (at: number) => lightOf(before.data, at) > 235;
  const isInk = (at: number) => lightOf(before.data, at) < 110;
  const wanted = new Uint8Array(width * height);
  for (const box of boxes) {
    const spareY = box.height * height * besideY;
    paint(box, besideX, spareY, 1);
  }
  for (const box of boxes) paint(box, 0, 0, 2);
  let [paper, covered, coloured, inside, ink, dark] = [0, 0, 0, 0, 0, 0];
  for (let at = 0; at < width * height; at += 1) {
    const isColoured = differs(at);
    if (wanted[at] === 2 && isPaper(at)) {
      paper += 1;
      if (isColoured) covered += 1;
    }
    if (!isColoured) continue;
    coloured += 1;
    if (wanted[at] !== 0) inside += 1;
    if (!isInk(at)) continue;
    ink += 1;
    if (lightOf(after.data, at) < 130) dark += 1;
  }
  return {
    covered: covered / paper,
    inside: inside / coloured,
    legible: ink === 0 ? 1 : dark / ink,
    coloured,
  };

  async function read(base64: string): Promise<ImageData> {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no canvas');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  }

  function paint(box: Box, spareX: number, spareY: number, value: number): void {
    const left = Math.max(0, Math.floor(box.x * width - spareX));
    const right = Math.min(width, Math.ceil((box.x + box.width) * width + spareX));
    const top = Math.max(0, Math.floor(box.y * height - spareY));
    const bottom = Math.min(height, Math.ceil((box.y + box.height) * height + spareY));
    for (let y = top; y < bottom; y += 1)
      wanted.fill(value, y * width + left, Math.max(y * width + left, y * width + right));
  }

  function lightOf(data: ImageData['data'], at: number): number {
    return ((data[at * 4] ?? 0) + (data[at * 4 + 1] ?? 0) + (data[at * 4 + 2] ?? 0)) / 3;
  }

  function differs(at: number): boolean {
    const change = (channel: number) =>
      Math.abs((before?.data[at * 4 + channel] ?? 0) - (after?.data[at * 4 + channel] ?? 0));
    return change(0) + change(1) + change(2) > 24;
  }
}
