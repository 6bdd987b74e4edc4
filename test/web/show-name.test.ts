import { expect, test } from 'vitest';
import { nameInSentence, showName } from '../../web/src/lib/show-name.ts';

test.each([
  ['turned', 'invoice\u202Efdp.exe', 'invoice⟨U+202E⟩fdp.exe'],
  ['isolated', 'a\u2066b\u2069', 'a⟨U+2066⟩b⟨U+2069⟩'],
  ['zero wide', 'pay\u200Broll\uFEFF', 'pay⟨U+200B⟩roll⟨U+FEFF⟩'],
  ['joined where nothing joins', 'pay\u200Droll\u200C', 'pay⟨U+200D⟩roll⟨U+200C⟩'],
  ['a tag that writes unseen', 'a\u{E0041}', 'a⟨U+E0041⟩'],
  ['a flag without a flag', '\u{E0067}\u{E007F}', '⟨U+E0067⟩⟨U+E007F⟩'],
])('a name with characters that are not seen shows them: %s', (_what, name, shown) => {
  expect(showName(name)).toBe(shown);
});

test.each([
  ['plain', 'Aurora in 2025 (final).pdf'],
  ['a family', '👩🏽\u200D👩\u200D👧\u200D👦 and ❤️\u200D🔥'],
  ['a flag of letters', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}'],
  ['Persian', 'می\u200Cخواهم'],
  ['Hindi', 'क्\u200Dष'],
  ['Sinhala', 'ශ්\u200Dරී'],
  ['a sign that is drawn', '\u0601٢٠٢٥'],
])('a name keeps what its script needs: %s', (_what, name) => {
  expect(showName(name)).toBe(name);
});

test('a name from the right is set apart from the sentence around it', () => {
  expect(nameInSentence('שלום')).toBe('\u2068שלום\u2069');
  expect(nameInSentence('Aurora')).toBe('Aurora');
  expect(nameInSentence('\u2069שלום')).toBe('\u2068⟨U+2069⟩שלום\u2069');
});
