import { askedPart } from './asked-part.ts';

/** What a question is about, and what kind of answer it wants. */
export interface Question {
  /** The question without the words that only ask. */
  subject: string;
  /** Without its instructions, otherwise as it was asked. */
  asked: string;
  wantsNumber: boolean;
  wantsDate: boolean;
}

/** Reads the question in any of the languages below; in another one, every word counts as subject. */
export function readQuestion(text: string): Question {
  const asked = askedPart(text);
  const wantsDate = dateWords.test(asked);
  return {
    subject: dropAskingWords(asked),
    asked,
    wantsNumber: wantsDate || numberWords.test(asked),
    wantsDate,
  };
}

const dateWords =
  /\b(when|what (year|date|day|time)|which year|since when|until when|wann|welche[smn]? (jahr|datum)|quand|quelle (date|année)|cuándo|cuando|qué (año|fecha)|quando|em que ano|in che anno|wanneer|kiedy|kdy|när|hvornår|milloin)\b|когда|коли|什么时候|什麼時候|何时|何時|哪年|哪一年|几年|いつ|何年|언제|몇 년|متى|เมื่อไร|เมื่อไหร่|เมื่อใด|מתי|कब/iu;

const numberWords =
  /\b(how (much|many|long|old|far|high|large|big|often|fast)|what (percentage|share|amount|number|price|cost)|number of|total|amount|rate|price|cost|wie ?(viel|viele|hoch|lange|oft|groß|alt|weit)|combien|quel (montant|pourcentage|prix)|cuánt[oa]s?|cuantos?|quant[oaie]s?|quanto|hoeveel|hoe (lang|hoog|groot)|ile|kolik|hur (många|mycket)|hvor (mange|meget|mye))\b|сколько|скільки|多少|几[个人天次元]|幾|いくら|いくつ|何[人個件円%％]|どのくらい|얼마|몇|كم|เท่าไร|เท่าไหร่|กี่|כמה|कितन/iu;

/** Words that ask and never tell, in the languages most often met; content words are never dropped. */
const askingWords = new Set(
  `what which who whom whose when where why how much many do does did can could would should tell me about please is are was were you your there any fy has have had
   was welche welcher welches welchen wer wem wen wann wo warum wie viel viele ist sind war hat haben wird werden gibt es der die das ein eine mir bitte
   quel quelle quels quelles qui que quoi quand où pourquoi comment combien est sont était il elle le la les un une des du de
   qué que cuál cuáles quién quiénes cuándo dónde por cómo cuánto cuánta cuántos es son fue el los las una
   che cosa quale quali chi quando dove perché come quanto quanti sono era il lo gli uno
   qual quais quem onde porque como quanta quantos são foi os as um uma
   wat welke wie wanneer waar waarom hoe hoeveel zijn het een
   что какой какая какие кто когда где почему как сколько это`.split(/\s+/),
);

/** The same for scripts without spaces; cut out as they stand, because no word border shows them. */
const unspacedAsking =
  /什么时候|什麼時候|什么|什麼|多少|哪些|哪个|哪里|为什么|為什麼|怎么|怎麼|如何|请问|吗|呢|อะไร|เท่าไร|เท่าไหร่|เมื่อไร|เมื่อไหร่|ที่ไหน|ทำไม|อย่างไร|ใคร|กี่|คืออะไร|คือ/gu;

function dropAskingWords(text: string): string {
  // In Japanese, hiragana carries the grammar and the question, kanji and katakana the subject.
  const isJapanese = /\p{sc=Hiragana}/u.test(text) && /[\p{sc=Han}\p{sc=Katakana}]/u.test(text);
  const spaced = text.replace(unspacedAsking, ' ').replace(isJapanese ? /\p{sc=Hiragana}+/gu : /(?!)/u, ' ');
  const kept = spaced.replace(/[\p{L}\p{M}]+/gu, (word) =>
    askingWords.has(word.toLowerCase()) ? ' ' : word,
  );
  // A question of nothing but such words is taken as it is.
  return /[\p{L}\p{N}]/u.test(kept) ? kept : text;
}
