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
  /** The same where the conversation has no documents. */
  noDocuments: string;
  /** The same where nothing was found in them. */
  noMatch: string;
  /** How many documents are still being read: `{n}`. */
  reading: string;
  /** What was found in those that are read. */
  othersNoMatch: string;
  /** The whole answer of a conversation without documents when no language model is configured. */
  nothingToQuote: string;
  /** A summary of passages without sentences. */
  noSentence: string;
}

/**
 * In the language of the question, or of the documents where a few words do not tell it; English where it is not known here.
 * @param documents ISO 639-1 of most of the documents; null when it is not known
 */
export function framesFor(question: string, documents: string | null): Frames {
  const own = detectLanguage(question);
  return frames[own === 'und' ? (documents ?? own) : own] ?? english;
}

const english: Frames = {
  weak: 'The documents may not answer this directly. These sentences come closest:',
  none: 'Nothing in the passages that were found matches the question.',
  opening: 'The opening sentences of the document, section by section:',
  notInDocuments: 'Not in these documents. The closest passages:',
  noDocuments: 'Not in these documents: this conversation has none.',
  noMatch: 'Not in these documents: no passage of them matches the question.',
  reading: 'Documents that are still being read: {n}.',
  othersNoMatch: 'No passage of the others matches the question.',
  nothingToQuote: 'This conversation has no documents to quote from.',
  noSentence: 'The passages hold no full sentence to quote.',
};

const frames: Readonly<Record<string, Frames>> = {
  de: {
    weak: 'Die Dokumente beantworten das vielleicht nicht unmittelbar. Diese Sätze kommen am nächsten:',
    none: 'Nichts in den gefundenen Abschnitten passt zur Frage.',
    opening: 'Die ersten Sätze des Dokuments, Abschnitt für Abschnitt:',
    notInDocuments: 'Nicht in diesen Dokumenten. Die nächsten Abschnitte:',
    noDocuments: 'Nicht in diesen Dokumenten: Diese Unterhaltung hat keine.',
    noMatch: 'Nicht in diesen Dokumenten: Kein Abschnitt passt zur Frage.',
    reading: 'Dokumente, die noch gelesen werden: {n}.',
    othersNoMatch: 'Kein Abschnitt der anderen passt zur Frage.',
    nothingToQuote: 'Diese Unterhaltung hat keine Dokumente, aus denen zitiert werden könnte.',
    noSentence: 'Die Abschnitte enthalten keinen ganzen Satz, der zitiert werden könnte.',
  },
  fr: {
    weak: 'Les documents n’y répondent peut-être pas directement. Ces phrases s’en approchent le plus :',
    none: 'Rien dans les passages trouvés ne correspond à la question.',
    opening: 'Les premières phrases du document, section par section :',
    notInDocuments: 'Pas dans ces documents. Les passages les plus proches :',
    noDocuments: 'Pas dans ces documents : cette conversation n’en a aucun.',
    noMatch: 'Pas dans ces documents : aucun passage ne correspond à la question.',
    reading: 'Documents encore en cours de lecture : {n}.',
    othersNoMatch: 'Aucun passage des autres ne correspond à la question.',
    nothingToQuote: 'Cette conversation n’a aucun document à citer.',
    noSentence: 'Les passages ne contiennent aucune phrase entière à citer.',
  },
  es: {
    weak: 'Puede que los documentos no respondan a esto directamente. Estas frases son las más cercanas:',
    none: 'Nada en los pasajes encontrados corresponde a la pregunta.',
    opening: 'Las primeras frases del documento, sección por sección:',
    notInDocuments: 'No está en estos documentos. Los pasajes más cercanos:',
    noDocuments: 'No está en estos documentos: esta conversación no tiene ninguno.',
    noMatch: 'No está en estos documentos: ningún pasaje corresponde a la pregunta.',
    reading: 'Documentos que aún se están leyendo: {n}.',
    othersNoMatch: 'Ningún pasaje de los demás corresponde a la pregunta.',
    nothingToQuote: 'Esta conversación no tiene documentos que citar.',
    noSentence: 'Los pasajes no contienen ninguna frase completa que citar.',
  },
  it: {
    weak: 'Forse i documenti non rispondono direttamente. Queste frasi sono le più vicine:',
    none: 'Nulla nei brani trovati corrisponde alla domanda.',
    opening: 'Le prime frasi del documento, sezione per sezione:',
    notInDocuments: 'Non in questi documenti. I brani più vicini:',
    noDocuments: 'Non in questi documenti: questa conversazione non ne ha.',
    noMatch: 'Non in questi documenti: nessun brano corrisponde alla domanda.',
    reading: 'Documenti ancora in lettura: {n}.',
    othersNoMatch: 'Nessun brano degli altri corrisponde alla domanda.',
    nothingToQuote: 'Questa conversazione non ha documenti da citare.',
    noSentence: 'I brani non contengono nessuna frase intera da citare.',
  },
  pt: {
    weak: 'Os documentos talvez não respondam diretamente. Estas frases são as mais próximas:',
    none: 'Nada nos trechos encontrados corresponde à pergunta.',
    opening: 'As primeiras frases do documento, secção por secção:',
    notInDocuments: 'Não consta destes documentos. Os trechos mais próximos:',
    noDocuments: 'Não consta destes documentos: esta conversa não tem nenhum.',
    noMatch: 'Não consta destes documentos: nenhum trecho corresponde à pergunta.',
    reading: 'Documentos que ainda estão a ser lidos: {n}.',
    othersNoMatch: 'Nenhum trecho dos outros corresponde à pergunta.',
    nothingToQuote: 'Esta conversa não tem documentos para citar.',
    noSentence: 'Os trechos não contêm nenhuma frase completa para citar.',
  },
  nl: {
    weak: 'De documenten beantwoorden dit misschien niet rechtstreeks. Deze zinnen komen het dichtst in de buurt:',
    none: 'Niets in de gevonden passages past bij de vraag.',
    opening: 'De eerste zinnen van het document, per onderdeel:',
    notInDocuments: 'Niet in deze documenten. De dichtstbijzijnde passages:',
    noDocuments: 'Niet in deze documenten: dit gesprek heeft er geen.',
    noMatch: 'Niet in deze documenten: geen passage past bij de vraag.',
    reading: 'Documenten die nog worden gelezen: {n}.',
    othersNoMatch: 'Geen passage van de andere past bij de vraag.',
    nothingToQuote: 'Dit gesprek heeft geen documenten om uit te citeren.',
    noSentence: 'De passages bevatten geen hele zin om te citeren.',
  },
  pl: {
    weak: 'Dokumenty mogą nie odpowiadać na to wprost. Najbliższe są te zdania:',
    none: 'Nic w znalezionych fragmentach nie pasuje do pytania.',
    opening: 'Pierwsze zdania dokumentu, sekcja po sekcji:',
    notInDocuments: 'Nie ma tego w tych dokumentach. Najbliższe fragmenty:',
    noDocuments: 'Nie ma tego w tych dokumentach: ta rozmowa nie ma żadnego.',
    noMatch: 'Nie ma tego w tych dokumentach: żaden fragment nie pasuje do pytania.',
    reading: 'Dokumenty, które są jeszcze czytane: {n}.',
    othersNoMatch: 'Żaden fragment pozostałych nie pasuje do pytania.',
    nothingToQuote: 'Ta rozmowa nie ma dokumentów, które można by zacytować.',
    noSentence: 'Fragmenty nie zawierają pełnego zdania do zacytowania.',
  },
  ro: {
    weak: 'Este posibil ca documentele să nu răspundă direct. Aceste propoziții sunt cele mai apropiate:',
    none: 'Nimic din pasajele găsite nu corespunde întrebării.',
    opening: 'Primele propoziții ale documentului, secțiune cu secțiune:',
    notInDocuments: 'Nu se află în aceste documente. Cele mai apropiate pasaje:',
    noDocuments: 'Nu se află în aceste documente: această conversație nu are niciunul.',
    noMatch: 'Nu se află în aceste documente: niciun pasaj nu corespunde întrebării.',
    reading: 'Documente care sunt încă în curs de citire: {n}.',
    othersNoMatch: 'Niciun pasaj din celelalte nu corespunde întrebării.',
    nothingToQuote: 'Această conversație nu are documente din care să se citeze.',
    noSentence: 'Pasajele nu conțin nicio propoziție întreagă de citat.',
  },
  ru: {
    weak: 'Возможно, в документах нет прямого ответа. Ближе всего эти предложения:',
    none: 'Ничто в найденных отрывках не соответствует вопросу.',
    opening: 'Первые предложения документа, раздел за разделом:',
    notInDocuments: 'В этих документах этого нет. Ближайшие отрывки:',
    noDocuments: 'В этих документах этого нет: в этой беседе нет документов.',
    noMatch: 'В этих документах этого нет: ни один отрывок не соответствует вопросу.',
    reading: 'Документы, которые ещё читаются: {n}.',
    othersNoMatch: 'Ни один отрывок остальных не соответствует вопросу.',
    nothingToQuote: 'В этой беседе нет документов для цитирования.',
    noSentence: 'В отрывках нет целого предложения, которое можно процитировать.',
  },
  uk: {
    weak: 'Можливо, у документах немає прямої відповіді. Найближчі такі речення:',
    none: 'Ніщо у знайдених уривках не відповідає запитанню.',
    opening: 'Перші речення документа, розділ за розділом:',
    notInDocuments: 'У цих документах цього немає. Найближчі уривки:',
    noDocuments: 'У цих документах цього немає: у цій розмові немає документів.',
    noMatch: 'У цих документах цього немає: жоден уривок не відповідає запитанню.',
    reading: 'Документи, які ще читаються: {n}.',
    othersNoMatch: 'Жоден уривок інших не відповідає запитанню.',
    nothingToQuote: 'У цій розмові немає документів для цитування.',
    noSentence: 'В уривках немає цілого речення, яке можна процитувати.',
  },
  el: {
    weak: 'Τα έγγραφα ίσως δεν το απαντούν άμεσα. Αυτές οι προτάσεις είναι οι πλησιέστερες:',
    none: 'Τίποτα στα αποσπάσματα που βρέθηκαν δεν ταιριάζει με την ερώτηση.',
    opening: 'Οι πρώτες προτάσεις του εγγράφου, ανά ενότητα:',
    notInDocuments: 'Δεν υπάρχει σε αυτά τα έγγραφα. Τα πλησιέστερα αποσπάσματα:',
    noDocuments: 'Δεν υπάρχει σε αυτά τα έγγραφα: αυτή η συνομιλία δεν έχει κανένα.',
    noMatch: 'Δεν υπάρχει σε αυτά τα έγγραφα: κανένα απόσπασμα δεν ταιριάζει με την ερώτηση.',
    reading: 'Έγγραφα που διαβάζονται ακόμη: {n}.',
    othersNoMatch: 'Κανένα απόσπασμα των άλλων δεν ταιριάζει με την ερώτηση.',
    nothingToQuote: 'Αυτή η συνομιλία δεν έχει έγγραφα για παράθεση.',
    noSentence: 'Τα αποσπάσματα δεν περιέχουν ολόκληρη πρόταση για παράθεση.',
  },
  tr: {
    weak: 'Belgeler bunu doğrudan yanıtlamıyor olabilir. En yakın cümleler şunlar:',
    none: 'Bulunan bölümlerde soruyla eşleşen bir şey yok.',
    opening: 'Belgenin ilk cümleleri, bölüm bölüm:',
    notInDocuments: 'Bu belgelerde yok. En yakın bölümler:',
    noDocuments: 'Bu belgelerde yok: bu konuşmanın belgesi yok.',
    noMatch: 'Bu belgelerde yok: hiçbir bölüm soruyla eşleşmiyor.',
    reading: 'Hâlâ okunan belgeler: {n}.',
    othersNoMatch: 'Diğerlerinin hiçbir bölümü soruyla eşleşmiyor.',
    nothingToQuote: 'Bu konuşmada alıntı yapılacak belge yok.',
    noSentence: 'Bölümlerde alıntılanacak tam bir cümle yok.',
  },
  ar: {
    weak: 'قد لا تجيب المستندات عن هذا مباشرة. هذه الجمل هي الأقرب:',
    none: 'لا شيء في المقاطع التي عُثر عليها يطابق السؤال.',
    opening: 'الجمل الأولى من المستند، قسمًا بعد قسم:',
    notInDocuments: 'ليس في هذه المستندات. أقرب المقاطع:',
    noDocuments: 'ليس في هذه المستندات: لا مستندات في هذه المحادثة.',
    noMatch: 'ليس في هذه المستندات: لا مقطع منها يطابق السؤال.',
    reading: 'مستندات لا تزال قيد القراءة: {n}.',
    othersNoMatch: 'لا مقطع من المستندات الأخرى يطابق السؤال.',
    nothingToQuote: 'لا مستندات في هذه المحادثة للاقتباس منها.',
    noSentence: 'لا تحتوي المقاطع على جملة كاملة للاقتباس.',
  },
  hi: {
    weak: 'हो सकता है कि दस्तावेज़ इसका सीधा उत्तर न दें। ये वाक्य सबसे निकट हैं:',
    none: 'मिले हुए अंशों में प्रश्न से मेल खाता कुछ नहीं है।',
    opening: 'दस्तावेज़ के पहले वाक्य, खंड दर खंड:',
    notInDocuments: 'इन दस्तावेज़ों में नहीं है। सबसे निकट अंश:',
    noDocuments: 'इन दस्तावेज़ों में नहीं है: इस बातचीत में कोई दस्तावेज़ नहीं है।',
    noMatch: 'इन दस्तावेज़ों में नहीं है: कोई अंश प्रश्न से मेल नहीं खाता।',
    reading: 'दस्तावेज़ जो अभी पढ़े जा रहे हैं: {n}।',
    othersNoMatch: 'बाकी का कोई अंश प्रश्न से मेल नहीं खाता।',
    nothingToQuote: 'इस बातचीत में उद्धृत करने के लिए कोई दस्तावेज़ नहीं है।',
    noSentence: 'अंशों में उद्धृत करने के लिए कोई पूरा वाक्य नहीं है।',
  },
  vi: {
    weak: 'Tài liệu có thể không trả lời trực tiếp. Những câu sau gần nhất:',
    none: 'Không có gì trong các đoạn tìm được khớp với câu hỏi.',
    opening: 'Những câu mở đầu của tài liệu, theo từng phần:',
    notInDocuments: 'Không có trong các tài liệu này. Những đoạn gần nhất:',
    noDocuments: 'Không có trong các tài liệu này: cuộc trò chuyện này không có tài liệu nào.',
    noMatch: 'Không có trong các tài liệu này: không đoạn nào khớp với câu hỏi.',
    reading: 'Tài liệu vẫn đang được đọc: {n}.',
    othersNoMatch: 'Không đoạn nào của các tài liệu khác khớp với câu hỏi.',
    nothingToQuote: 'Cuộc trò chuyện này không có tài liệu để trích dẫn.',
    noSentence: 'Các đoạn không có câu trọn vẹn nào để trích dẫn.',
  },
  th: {
    weak: 'เอกสารอาจไม่ได้ตอบเรื่องนี้โดยตรง ข้อความที่ใกล้เคียงที่สุดคือ:',
    none: 'ไม่มีข้อความที่พบตรงกับคำถาม',
    opening: 'ประโยคแรกของเอกสาร ทีละส่วน:',
    notInDocuments: 'ไม่มีในเอกสารเหล่านี้ ข้อความที่ใกล้เคียงที่สุด:',
    noDocuments: 'ไม่มีในเอกสารเหล่านี้: การสนทนานี้ไม่มีเอกสาร',
    noMatch: 'ไม่มีในเอกสารเหล่านี้: ไม่มีข้อความใดตรงกับคำถาม',
    reading: 'เอกสารที่ยังอ่านอยู่: {n}',
    othersNoMatch: 'ไม่มีข้อความของเอกสารอื่นตรงกับคำถาม',
    nothingToQuote: 'การสนทนานี้ไม่มีเอกสารให้อ้างอิง',
    noSentence: 'ข้อความไม่มีประโยคที่สมบูรณ์ให้อ้างอิง',
  },
  zh: {
    weak: '这些文档可能没有直接回答这个问题。最接近的句子是：',
    none: '找到的段落中没有与问题相符的内容。',
    opening: '文档各部分的开头句子：',
    notInDocuments: '这些文档中没有。最接近的段落：',
    noDocuments: '这些文档中没有：这个对话没有文档。',
    noMatch: '这些文档中没有：没有与问题相符的段落。',
    reading: '仍在读取的文档：{n}。',
    othersNoMatch: '其他文档中没有与问题相符的段落。',
    nothingToQuote: '这个对话没有可供引用的文档。',
    noSentence: '这些段落中没有可供引用的完整句子。',
  },
  ja: {
    weak: '文書はこの質問に直接答えていないかもしれません。最も近い文は次のとおりです：',
    none: '見つかった箇所に質問に合うものはありません。',
    opening: '文書の各部分の最初の文：',
    notInDocuments: 'これらの文書にはありません。最も近い箇所：',
    noDocuments: 'これらの文書にはありません：この会話には文書がありません。',
    noMatch: 'これらの文書にはありません：質問に合う箇所がありません。',
    reading: 'まだ読み込み中の文書：{n}。',
    othersNoMatch: 'ほかの文書には質問に合う箇所がありません。',
    nothingToQuote: 'この会話には引用できる文書がありません。',
    noSentence: 'これらの箇所には引用できる完全な文がありません。',
  },
  ko: {
    weak: '문서가 이 질문에 직접 답하지 않을 수 있습니다. 가장 가까운 문장은 다음과 같습니다:',
    none: '찾은 구절 가운데 질문과 맞는 것이 없습니다.',
    opening: '문서의 각 부분의 첫 문장:',
    notInDocuments: '이 문서들에는 없습니다. 가장 가까운 구절:',
    noDocuments: '이 문서들에는 없습니다. 이 대화에는 문서가 없습니다.',
    noMatch: '이 문서들에는 없습니다. 질문과 맞는 구절이 없습니다.',
    reading: '아직 읽고 있는 문서: {n}.',
    othersNoMatch: '다른 문서에는 질문과 맞는 구절이 없습니다.',
    nothingToQuote: '이 대화에는 인용할 문서가 없습니다.',
    noSentence: '구절에 인용할 완전한 문장이 없습니다.',
  },
};
