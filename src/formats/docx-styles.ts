import { attribute, readXml } from './xml.ts';

/** What a paragraph style says about its paragraphs. */
export interface ParagraphStyle {
  /** Heading level from 1, or null. */
  heading: number | null;
  list: { id: string; level: number } | null;
}

interface RawStyle {
  basedOn: string | null;
  name: string;
  outline: number | null;
  listId: string | null;
  listLevel: number | null;
}

/** Paragraph styles by id, with what they inherit. */
export function readStyles(bytes: Uint8Array | null): (id: string) => ParagraphStyle {
  const styles = new Map<string, RawStyle>();
  if (bytes) readRawStyles(bytes, styles);
  const resolved = new Map<string, ParagraphStyle>();
  return (id) => {
    const known = resolved.get(id);
    if (known) return known;
    const style = resolve(id, styles);
    resolved.set(id, style);
    return style;
  };
}

function resolve(id: string, styles: Map<string, RawStyle>): ParagraphStyle {
  let heading: number | null = null;
  let listId: string | null = null;
  let listLevel: number | null = null;
  let next: string | null = id;
  // Styles may refer to each other in a circle.
  for (let steps = 0; next !== null && steps < 20; steps++) {
    const style = styles.get(next);
    const name = (style?.name ?? next).toLowerCase();
    const numbered = /^heading ?([1-9])$/.exec(name)?.[1];
    heading ??= numbered
      ? Number(numbered)
      : name === 'title'
        ? 1
        : name === 'subtitle'
          ? 2
          : (style?.outline ?? null);
    listId ??= style?.listId ?? null;
    listLevel ??= style?.listLevel ?? null;
    next = style?.basedOn ?? null;
  }
  return { heading, list: listId === null || listId === '0' ? null : { id: listId, level: listLevel ?? 0 } };
}

function readRawStyles(bytes: Uint8Array, styles: Map<string, RawStyle>): void {
  let style: RawStyle | null = null;
  readXml(bytes, {
    open(name, attributes) {
      const value = attribute(attributes, 'val') ?? '';
      if (name === 'style') {
        style = { basedOn: null, name: '', outline: null, listId: null, listLevel: null };
        styles.set(attribute(attributes, 'styleId') ?? '', style);
      } else if (!style) return;
      else if (name === 'name') style.name = value;
      else if (name === 'basedOn') style.basedOn = value;
      else if (name === 'outlineLvl') style.outline = Number(value) < 9 ? Number(value) + 1 : null;
      else if (name === 'numId') style.listId = value;
      else if (name === 'ilvl') style.listLevel = Number(value);
    },
    close(name) {
      if (name === 'style') style = null;
    },
  });
}
