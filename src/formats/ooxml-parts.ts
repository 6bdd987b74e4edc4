import type { OoxmlPackage } from './ooxml.ts';
import { readXml } from './xml.ts';

/** The title in the properties of an Office document, or null. */
export function readTitle(parts: OoxmlPackage): string | null {
  const target = parts
    .relationshipsOf('')
    .find((relationship) => relationship.type === 'core-properties')?.target;
  const bytes = target === undefined ? null : parts.find(target);
  if (!bytes) return null;
  let title = '';
  let inside = false;
  readXml(bytes, {
    open: (name) => (inside = name === 'title'),
    text: (text) => inside && (title += text),
    close: () => (inside = false),
  });
  return /^(powerpoint presentation|presentation|untitled)?$/i.test(title.trim()) ? null : title;
}

/** The paragraphs of a diagram, the labels and values of a chart. */
export function readDrawingText(bytes: Uint8Array): string[] {
  const paragraphs: string[] = [];
  let text = '';
  let inside = false;
  readXml(bytes, {
    open: (name) => (inside = name === 't' || name === 'v'),
    text: (part) => inside && (text += part),
    close(name) {
      inside = false;
      // In a chart each point of a series is an element of its own; a series reads as one line.
      if (name === 'pt') text += ' ';
      if (name !== 'p' && name !== 'tx' && name !== 'cat' && name !== 'val') return;
      if (text.trim() !== '') paragraphs.push(text.trim());
      text = '';
    },
  });
  return paragraphs;
}
