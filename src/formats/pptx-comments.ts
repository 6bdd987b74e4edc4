import type { OoxmlPackage } from './ooxml.ts';
import { attribute, readXml } from './xml.ts';

/** Comments of each slide, old and threaded, as sentences. */
export function readComments(parts: OoxmlPackage): (slide: string) => string[] {
  const authors = new Map<string, string>();
  for (const { type, target } of parts.relationshipsOf(parts.main)) {
    const bytes = /^(commentAuthors|authors)$/.test(type) ? parts.find(target) : null;
    if (!bytes) continue;
    readXml(bytes, {
      open(name, attributes) {
        if (name !== 'cmAuthor' && name !== 'author') return;
        const initials = attribute(attributes, 'initials');
        const shown = `${attribute(attributes, 'name') ?? ''}${initials ? ` (${initials})` : ''}`;
        authors.set(attribute(attributes, 'id') ?? '', shown);
      },
    });
  }
  return (slide) =>
    parts
      .relationshipsOf(slide)
      .filter(({ type }) => /^comments?$/i.test(type))
      .flatMap(({ target }) => readCommentPart(parts.find(target), authors));
}

function readCommentPart(bytes: Uint8Array | null, authors: Map<string, string>): string[] {
  const comments: string[] = [];
  const open: { by: string; text: string }[] = [];
  let inText = false;
  if (!bytes) return comments;
  readXml(bytes, {
    open(name, attributes) {
      if (name === 'cm' || name === 'reply') {
        const author = authors.get(attribute(attributes, 'authorId') ?? '') ?? 'unknown author';
        const time = attribute(attributes, 'dt') ?? attribute(attributes, 'created') ?? '';
        const comment = { by: `Comment by ${author}${time ? `, ${time}` : ''}: `, text: '' };
        open.push(comment);
        // Replies stand inside the comment, before its own text.
        comments.push('');
      }
      inText = name === 't' || name === 'text';
    },
    text(text) {
      const comment = open.at(-1);
      if (inText && comment) comment.text += text;
    },
    close(name) {
      inText = false;
      if (name !== 'cm' && name !== 'reply') return;
      const comment = open.pop();
      if (comment) comments[comments.indexOf('', name === 'cm' ? 0 : 1)] = comment.by + comment.text;
    },
  });
  return comments.filter((comment) => comment !== '');
}
