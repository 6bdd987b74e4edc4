import { normalise } from '../../indexing/normalise.ts';

/** Words that ask for a summary, in the languages that are most spoken among users of such tools. */
const summaryWords =
  /\b(summar(y|ies|i[sz]e[sd]?|i[sz]ing)|tl;?dr|overview|gist|key points|main points|zusammenfass\p{L}*|fass\p{L}{0,20} .{0,40}zusammen|überblick|r[ée]sum[ée]\p{L}*|resum[ei]\p{L}*|s[íi]ntesis|riassu\p{L}*|samenvat\p{L}*|sammanfatt\p{L}*|podsumuj|streszcz\p{L}*|özet\p{L}*)/iu;
const summaryWordsUnspaced =
  /总结|總結|概括|摘要|概要|要約|まとめ|요약|สรุป|кратко|резюм|обобщ|итоги|ملخص|لخص|सारांश|tóm tắt/iu;

/** Words that say nothing about what is to be summarised: "please give me a short summary of this document". */
const emptyWords = new Set(
  `a an the of in on to for and or is it its this that these those all everything whole entire my our your me us i you we
  can could would will please give make write show tell provide get want need what how short brief quick concise detailed
  document documents doc docs file files pdf report reports paper papers article articles text page pages content contents
  upload uploaded attached above here words sentences bullets bullet points point lines paragraph
  das die der den dem des ein eine einen bitte mir uns kurz kurze dokument dokumente datei dateien bericht text inhalt
  le la les un une des du ce cet cette moi nous document fichier rapport texte court
  el los las uno unos este esta estos documento documentos archivo informe texto por favor me breve
  il lo gli questo questa documento file testo o os um uma este esse arquivo relatorio`.split(/\s+/),
);
/** Who asks for a summary says so in few words. */
const intentCharacters = 4_000;
/** A script without spaces: what is left beside the asking word. */
const maxUnspacedRest = 8;

/**
 * True when the question asks for a summary of documents as such: "summarise this", "summarise report.pdf". A question
 * that asks to summarise something in them ("summarise the differences between A and B") is searched for like any other.
 */
export function wantsSummary(question: string, documentNames: readonly string[]): boolean {
  const asked = question.slice(0, intentCharacters);
  const spaced = summaryWords.test(asked);
  if (!spaced && !summaryWordsUnspaced.test(asked)) return false;
  if (documentNames.some(namedIn(asked))) return true;
  if (!spaced)
    return asked.replace(summaryWordsUnspaced, '').replace(/[^\p{L}]/gu, '').length <= maxUnspacedRest;
  const rest = asked.replace(new RegExp(summaryWords.source, 'giu'), ' ').toLowerCase();
  return (rest.match(/[\p{L}]{3,}/gu) ?? []).every((word) => emptyWords.has(word));
}

/** Tells whether the question names a document: by its file name, with or without extension and separators. */
export function namedIn(question: string): (documentName: string) => boolean {
  const asked = plain(question.slice(0, intentCharacters));
  return (documentName) => {
    const name = plain(documentName);
    const stem = plain(documentName.replace(/\.[^.]{1,5}$/, ''));
    return asked.includes(name) || (stem.length >= 3 && ` ${asked} `.includes(` ${stem} `));
  };
}

function plain(text: string): string {
  return normalise(text, 'NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, ' ')
    .trim();
}
