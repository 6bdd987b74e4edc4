export type RtfToken =
  | { kind: 'open' }
  | { kind: 'close' }
  | { kind: 'word'; name: string; value: number | null }
  | { kind: 'byte'; value: number }
  | { kind: 'text'; text: string };

/** Cuts RTF into its tokens. @param source the file with each byte as one character */
export function* rtfTokens(source: string): Generator<RtfToken> {
  const word = /([a-zA-Z]{1,32})(-?\d{1,10})? ?/y;
  const plain = /[^\\{}\r\n]+/y;
  for (let position = 0; position < source.length;) {
    const character = source[position];
    if (character === '{' || character === '}') {
      yield character === '{' ? { kind: 'open' } : { kind: 'close' };
      position++;
    } else if (character === '\\') {
      const next = source[position + 1];
      word.lastIndex = position + 1;
      const match = word.exec(source);
      if (match) {
        position = word.lastIndex;
        const value = match[2] === undefined ? null : Number(match[2]);
        yield { kind: 'word', name: match[1] as string, value };
        if (match[1] === 'bin' && value !== null && value > 0) position += value;
      } else if (next === "'") {
        const value = Number.parseInt(source.slice(position + 2, position + 4), 16);
        if (!Number.isNaN(value)) yield { kind: 'byte', value };
        position += 4;
      } else {
        yield symbol(next ?? '');
        position += 2;
      }
    } else if (character === '\r' || character === '\n') {
      position++;
    } else {
      plain.lastIndex = position;
      const text = plain.exec(source)?.[0] ?? '';
      yield { kind: 'text', text };
      position += text.length;
    }
  }
}

function symbol(character: string): RtfToken {
  if (character === '~') return { kind: 'text', text: '\u00a0' };
  if (character === '_') return { kind: 'text', text: '-' };
  if (character === '*') return { kind: 'word', name: '*', value: null };
  if (character === '\n' || character === '\r') return { kind: 'word', name: 'par', value: null };
  return { kind: 'text', text: '\\{}'.includes(character) ? character : '' };
}
