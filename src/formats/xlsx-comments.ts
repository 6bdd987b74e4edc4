import type { OoxmlPackage } from './ooxml.ts';
import { attribute, readXml } from './xml.ts';

/** Notes and threaded comments of a sheet, as sentences. */
export function readSheetComments(parts: OoxmlPackage, sheet: string): string[] {
  const related = parts.relationshipsOf(sheet);
  const threaded = related
    .filter(({ type }) => type === 'threadedComment')
    .flatMap(({ target }) => readThreaded(parts, target));
  const notes = related
    .filter(({ type }) => type === 'comments')
    .flatMap(({ target }) => readNotes(parts.find(target)));
  // Excel keeps a copy of each thread as a note, for programs that know no threads.
  return [...notes.filter((note) => !note.includes('[Threaded comment]')), ...threaded];
}

function readNotes(bytes: Uint8Array | null): string[] {
  const authors: string[] = [];
  const notes: string[] = [];
  let text = '';
  let prefix = '';
  let inside = '';
  if (!bytes) return notes;
  readXml(bytes, {
    open(name, attributes) {
      if (name === 'author' || name === 'comment') text = '';
      if (name === 'comment') {
        const author = authors[Number(attribute(attributes, 'authorId'))] || 'unknown author';
        prefix = `Comment on ${attribute(attributes, 'ref') ?? 'a cell'} by ${author}: `;
      }
      if (name === 'author' || name === 't') inside = name;
    },
    text(part) {
      if (inside !== '') text += part;
    },
    close(name) {
      if (name === 'author') authors.push(text);
      if (name === 'comment' && text.trim() !== '') notes.push(prefix + text.trim());
      if (name === inside) inside = '';
    },
  });
  return notes;
}

function readThreaded(parts: OoxmlPackage, target: string): string[] {
  const persons = readPersons(parts);
  const comments: string[] = [];
  let text = '';
  let prefix = '';
  let inside = false;
  const bytes = parts.find(target);
  if (!bytes) return comments;
  readXml(bytes, {
    open(name, attributes) {
      inside = name === 'text';
      if (name !== 'threadedComment') return;
      const author = persons.get(attribute(attributes, 'personId') ?? '') ?? 'unknown author';
      const time = attribute(attributes, 'dT');
      prefix = `Comment on ${attribute(attributes, 'ref') ?? 'a cell'} by ${author}${time ? `, ${time}` : ''}: `;
      text = '';
    },
    text(part) {
      if (inside) text += part;
    },
    close(name) {
      inside = false;
      if (name === 'threadedComment' && text.trim() !== '') comments.push(prefix + text.trim());
    },
  });
  return comments;
}

function readPersons(parts: OoxmlPackage): Map<string, string> {
  const persons = new Map<string, string>();
  for (const { type, target } of parts.relationshipsOf(parts.main)) {
    const bytes = type === 'person' ? parts.find(target) : null;
    if (!bytes) continue;
    readXml(bytes, {
      open(name, attributes) {
        if (name === 'person')
          persons.set(attribute(attributes, 'id') ?? '', attribute(attributes, 'displayName') ?? '');
      },
    });
  }
  return persons;
}
