/** Words that ask for a summary, in the languages that are most spoken among users of such tools. */
const summaryWords =
  /\b(summar(y|ies|i[sz]e[sd]?|i[sz]ing)|tl;?dr|overview|gist|key points|main points|zusammenfass\p{L}*|fass\p{L}* .{0,40}zusammen|überblick|r[ée]sum[ée]\p{L}*|resum[ei]\p{L}*|s[íi]ntesis|riassu\p{L}*|samenvat\p{L}*|sammanfatt\p{L}*|podsumuj|streszcz\p{L}*|özet\p{L}*)/iu;
const summaryWordsUnspaced =
  /总结|總結|概括|摘要|概要|要約|まとめ|요약|สรุป|кратко|резюм|обобщ|итоги|ملخص|لخص|सारांश|tóm tắt/iu;

/** True when the question asks for a summary rather than for a fact. */
export function wantsSummary(question: string): boolean {
  return summaryWords.test(question) || summaryWordsUnspaced.test(question);
}

/** True when the question names the document: its file name, with or without extension and separators. */
export function isNamedIn(question: string, documentName: string): boolean {
  const asked = plain(question);
  const name = plain(documentName);
  const stem = plain(documentName.replace(/\.[^.]{1,5}$/, ''));
  return asked.includes(name) || (stem.length >= 3 && ` ${asked} `.includes(` ${stem} `));
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, ' ')
    .trim();
}
