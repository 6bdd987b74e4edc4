/** Runs in the page: fields whose border contrasts with what is around it by less than 3:1 (WCAG 2.2, 1.4.11). */
export function faintFields(): string[] {
  const least = 3;
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser has no canvas');

  function luminance(color: string): number {
    if (!context) return 0;
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = [...context.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function isClear(color: string): boolean {
    return /rgba\(0, 0, 0, 0\)|transparent|\/ 0\)/.test(color);
  }

  function around(element: Element): string {
    for (let at = element.parentElement; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!isClear(backgroundColor)) return backgroundColor;
    }
    return 'Canvas';
  }

  /** The field itself, or what frames it. */
  function framed(field: Element): Element | null {
    for (let at: Element | null = field, step = 0; at && step < 3; at = at.parentElement, step += 1)
      if (Number.parseFloat(getComputedStyle(at).borderTopWidth) > 0) return at;
    return null;
  }

  const fields = [
    ...document.querySelectorAll(
      'input:not([type=checkbox], [type=radio], [type=file], [type=hidden]), select, textarea',
    ),
  ].filter((field) => field.checkVisibility());
  return fields.flatMap((field) => {
    const frame = framed(field);
    const name = field.outerHTML.slice(0, 120);
    if (!frame) return [`no border: ${name}`];
    const [one, other] = [getComputedStyle(frame).borderTopColor, around(frame)].map(luminance);
    const [bright, dark] = [Math.max(one ?? 0, other ?? 0), Math.min(one ?? 0, other ?? 0)];
    const contrast = (bright + 0.05) / (dark + 0.05);
    return contrast < least ? [`${contrast.toFixed(2)}: ${name}`] : [];
  });
}
