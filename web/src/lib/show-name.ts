/** Scripts whose letters are joined and parted by U+200C and U+200D. */
const letters =
  String.raw`[\p{scx=Arabic}\p{scx=Syriac}\p{scx=Mongolian}\p{scx=Nko}\p{scx=Devanagari}` +
  String.raw`\p{scx=Bengali}\p{scx=Gurmukhi}\p{scx=Gujarati}\p{scx=Oriya}\p{scx=Tamil}` +
  String.raw`\p{scx=Telugu}\p{scx=Kannada}\p{scx=Malayalam}\p{scx=Sinhala}\p{scx=Tibetan}` +
  String.raw`\p{scx=Myanmar}\p{scx=Khmer}]`;

// Format characters that belong to what is seen: in emoji, flags and words, and signs that are drawn themselves.
const inEmoji = String.raw`(?<=\p{Extended_Pictographic}[\uFE0F\p{Emoji_Modifier}]?)\u200D(?=\p{Extended_Pictographic})`;
const inFlag = String.raw`(?<=\u{1F3F4})[\u{E0020}-\u{E007E}]+\u{E007F}`;
const inWord = String.raw`(?<=${letters})[\u200C\u200D](?=${letters})`;
const sign = String.raw`[\u0600-\u0605\u06DD\u0890\u0891\u08E2\u{110BD}\u{110CD}]`;
const format = new RegExp(String.raw`(?<kept>${inEmoji}|${inFlag}|${inWord}|${sign})|\p{Cf}`, 'gu');

const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/**
 * A name or a title as it is drawn: characters that are not seen, or turn the order of what is, stand there as
 * `⟨U+202E⟩`, so that no name looks like another one.
 */
export function showName(name: string): string {
  return name.replace(format, (found, isKept: string | undefined) =>
    isKept === undefined ? `⟨U+${found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}⟩` : found,
  );
}

/** The same for the middle of a sentence, whose order a name in Hebrew or Arabic must not turn. */
export function nameInSentence(name: string): string {
  const shown = showName(name);
  return rightToLeft.test(shown) ? `\u2068${shown}\u2069` : shown;
}
