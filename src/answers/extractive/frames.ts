import { detectLanguage } from '../../indexing/language.ts';

/** The sentences of the program's own around what it quotes, in one language. */
export interface Frames {
  /** Above quotations that are only near. */
  weak: string;
  /** Nothing was found. */
  none: string;
  /** Above a summary of opening sentences. */
  opening: string;
  /** When nothing but the documents may answer: above the closest passages. */
  notInDocuments: string;
}

/** In the language of the question; English where it is not told or not known here. */
export function framesFor(question: string): Frames {
  return frames[detectLanguage(question)] ?? english;
}

const english: Frames = {
  weak: 'The documents may not answer this directly. These sentences come closest:',
  none: 'Nothing in the passages that were found matches the question.',
  opening: 'The opening sentences of the document, section by section:',
  notInDocuments: 'Not in these documents. The closest passages:',
};

const frames: Readonly<Record<string, Frames>> = {
  de: {
    weak: 'Die Dokumente beantworten das vielleicht nicht unmittelbar. Diese Sätze kommen am nächsten:',
    none: 'Nichts in den gefundenen Abschnitten passt zur Frage.',
    opening: 'Die ersten Sätze des Dokuments, Abschnitt für Abschnitt:',
    notInDocuments: 'Nicht in diesen Dokumenten. Die nächsten Abschnitte:',
  },
  fr: {
    weak: 'Les documents n’y répondent peut-être pas directement. Ces phrases s’en approchent le plus :',
    none: 'Rien dans les passages trouvés ne correspond à la question.',
    opening: 'Les premières phrases du document, section par section :',
    notInDocuments: 'Pas dans ces documents. Les passages les plus proches :',
  },
  es: {
    weak: 'Puede que los documentos no respondan a esto directamente. Estas frases son las más cercanas:',
    none: 'Nada en los pasajes encontrados corresponde a la pregunta.',
    opening: 'Las primeras frases del documento, sección por sección:',
    notInDocuments: 'No está en estos documentos. Los pasajes más cercanos:',
  },
  it: {
    weak: 'Forse i documenti non rispondono direttamente. Queste frasi sono le più vicine:',
    none: 'Nulla nei brani trovati corrisponde alla domanda.',
    opening: 'Le prime frasi del documento, sezione per sezione:',
    notInDocuments: 'Non in questi documenti. I brani più vicini:',
  },
  pt: {
    weak: 'Os documentos talvez não respondam diretamente. Estas frases são as mais próximas:',
    none: 'Nada nos trechos encontrados corresponde à pergunta.',
    opening: 'As primeiras frases do documento, secção por secção:',
    notInDocuments: 'Não consta destes documentos. Os trechos mais próximos:',
  },
  nl: {
    weak: 'De documenten beantwoorden dit misschien niet rechtstreeks. Deze zinnen komen het dichtst in de buurt:',
    none: 'Niets in de gevonden passages past bij de vraag.',
    opening: 'De eerste zinnen van het document, per onderdeel:',
    notInDocuments: 'Niet in deze documenten. De dichtstbijzijnde passages:',
  },
  pl: {
    weak: 'Dokumenty mogą nie odpowiadać na to wprost. Najbliższe są te zdania:',
    none: 'Nic w znalezionych fragmentach nie pasuje do pytania.',
    opening: 'Pierwsze zdania dokumentu, sekcja po sekcji:',
    notInDocuments: 'Nie ma tego w tych dokumentach. Najbliższe fragmenty:',
  },
  ro: {
    weak: 'Este posibil ca documentele să nu răspundă direct. Aceste propoziții sunt cele mai apropiate:',
    none: 'Nimic din pasajele găsite nu corespunde întrebării.',
    opening: 'Primele propoziții ale documentului, secțiune cu secțiune:',
    notInDocuments: 'Nu se află în aceste documente. Cele mai apropiate pasaje:',
  },
  ru: {
    weak: 'Возможно, в документах нет прямого ответа. Ближе всего эти предложения:',
    none: 'Ничто в найденных отрывках не соответствует вопросу.',
    opening: 'Первые предложения документа, раздел за разделом:',
    notInDocuments: 'В этих документах этого нет. Ближайшие отрывки:',
  },
  uk: {
    weak: 'Можливо, у документах немає прямої відповіді. Найближчі такі речення:',
    none: 'Ніщо у знайдених уривках не відповідає запитанню.',
    opening: 'Перші речення документа, розділ за розділом:',
    notInDocuments: 'У цих документах цього немає. Найближчі уривки:',
  },
  el: {
    weak: 'Τα έγγραφα ίσως δεν το απαντούν άμεσα. Αυτές οι προτάσεις είναι οι πλησιέστερες:',
    none: 'Τίποτα στα αποσπάσματα που βρέθηκαν δεν ταιριάζει με την ερώτηση.',
    opening: 'Οι πρώτες προτάσεις του εγγράφου, ανά ενότητα:',
    notInDocuments: 'Δεν υπάρχει σε αυτά τα έγγραφα. Τα πλησιέστερα αποσπάσματα:',
  },
  tr: {
    weak: 'Belgeler bunu doğrudan yanıtlamıyor olabilir. En yakın cümleler şunlar:',
    none: 'Bulunan bölümlerde soruyla eşleşen bir şey yok.',
    opening: 'Belgenin ilk cümleleri, bölüm bölüm:',
    notInDocuments: 'Bu belgelerde yok. En yakın bölümler:',
  },
  ar: {
    weak: 'قد لا تجيب المستندات عن هذا مباشرة. هذه الجمل هي الأقرب:',
    none: 'لا شيء في المقاطع التي عُثر عليها يطابق السؤال.',
    opening: 'الجمل الأولى من المستند، قسمًا بعد قسم:',
    notInDocuments: 'ليس في هذه المستندات. أقرب المقاطع:',
  },
  hi: {
    weak: 'हो सकता है कि दस्तावेज़ इसका सीधा उत्तर न दें। ये वाक्य सबसे निकट हैं:',
    none: 'मिले हुए अंशों में प्रश्न से मेल खाता कुछ नहीं है।',
    opening: 'दस्तावेज़ के पहले वाक्य, खंड दर खंड:',
    notInDocuments: 'इन दस्तावेज़ों में नहीं है। सबसे निकट अंश:',
  },
  vi: {
    weak: 'Tài liệu có thể không trả lời trực tiếp. Những câu sau gần nhất:',
    none: 'Không có gì trong các đoạn tìm được khớp với câu hỏi.',
    opening: 'Những câu mở đầu của tài liệu, theo từng phần:',
    notInDocuments: 'Không có trong các tài liệu này. Những đoạn gần nhất:',
  },
  th: {
    weak: 'เอกสารอาจไม่ได้ตอบเรื่องนี้โดยตรง ข้อความที่ใกล้เคียงที่สุดคือ:',
    none: 'ไม่มีข้อความที่พบตรงกับคำถาม',
    opening: 'ประโยคแรกของเอกสาร ทีละส่วน:',
    notInDocuments: 'ไม่มีในเอกสารเหล่านี้ ข้อความที่ใกล้เคียงที่สุด:',
  },
  zh: {
    weak: '这些文档可能没有直接回答这个问题。最接近的句子是：',
    none: '找到的段落中没有与问题相符的内容。',
    opening: '文档各部分的开头句子：',
    notInDocuments: '这些文档中没有。最接近的段落：',
  },
  ja: {
    weak: '文書はこの質問に直接答えていないかもしれません。最も近い文は次のとおりです：',
    none: '見つかった箇所に質問に合うものはありません。',
    opening: '文書の各部分の最初の文：',
    notInDocuments: 'これらの文書にはありません。最も近い箇所：',
  },
  ko: {
    weak: '문서가 이 질문에 직접 답하지 않을 수 있습니다. 가장 가까운 문장은 다음과 같습니다:',
    none: '찾은 구절 가운데 질문과 맞는 것이 없습니다.',
    opening: '문서의 각 부분의 첫 문장:',
    notInDocuments: '이 문서들에는 없습니다. 가장 가까운 구절:',
  },
};
