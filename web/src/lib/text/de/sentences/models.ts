import type { Sentences } from '../../sentence-patterns.ts';
import { counted, figure, milliseconds, seconds, tokens } from './numbers.ts';

/** How the server names what it asks; makers of models keep their names. */
const names: Readonly<Record<string, string>> = {
  'The model server': 'Der Modellserver',
  'The embedding server': 'Der Einbettungsserver',
  'The reranking server': 'Der Server zum Neuordnen',
};
const nameOf = (name: string): string => names[name] ?? name;
const inside = (name: string): string => nameOf(name).replace('Der ', 'der ');
const and = (list: string): string => list.replaceAll(' and ', ' und ');

/** The same sentence for a time in seconds and in milliseconds. */
function timed(before: string, after: string, say: (name: string, time: string) => string): Sentences {
  return {
    [`{} ${before} {#} seconds${after}`]: (name, n) => say(nameOf(name), counted(n, seconds)),
    [`{} ${before} {#} milliseconds${after}`]: (name, n) => say(nameOf(name), counted(n, milliseconds)),
  };
}

const again = 'Fragen Sie noch einmal';
const isLoaded = 'prüfen Sie, ob das Modell geladen ist';

/** What those are told who cannot change the settings that would mend it. */
const forOthers: Sentences = Object.fromEntries(
  Object.entries({
    'did not answer with a stream': 'hat nicht mit einem Datenstrom geantwortet',
    'sent a response that is not valid': 'hat etwas Ungültiges gesendet',
    'returned embeddings that cannot be used': 'hat unbrauchbare Einbettungen geliefert',
    'returned scores that cannot be used': 'hat unbrauchbare Bewertungen geliefert',
    'cannot be reached': 'ist nicht zu erreichen',
    'refused the key': 'hat den Schlüssel abgelehnt',
    'does not have this model or address': 'hat dieses Modell oder diese Adresse nicht',
    'redirects to another address, which is not followed':
      'leitet an eine andere Adresse weiter, der nicht gefolgt wird',
    'refused the request (HTTP {#})': 'hat die Anfrage abgelehnt',
    'reported an error instead of an answer': 'hat statt einer Antwort einen Fehler gemeldet',
  }).map(([what, said]) => [
    `{} ${what}: tell whoever runs this server, or ask again later.`,
    (name: string) =>
      `${nameOf(name)} ${said}: Sagen Sie es der Verwaltung dieses Servers, oder fragen Sie später noch einmal.`,
  ]),
);

/** Models, the servers that run them, and what is missing where there are none. */
export const models: Sentences = {
  'No language model: answers quote the documents. Set LLM_BASE_URL and LLM_MODEL, or OPENAI_API_KEY, or start Ollama.':
    'Kein Sprachmodell: Antworten zitieren die Dokumente. Setzen Sie LLM_BASE_URL und LLM_MODEL, oder OPENAI_API_KEY, oder starten Sie Ollama.',
  'Semantic search is off: "npm run alcove -- models add bge-small" turns it on (multilingual-e5-small where not all is English), or EMBEDDING_BASE_URL and EMBEDDING_MODEL of a server. Keyword search works.':
    'Die Suche nach Bedeutung ist aus: „npm run alcove -- models add bge-small“ schaltet sie ein (multilingual-e5-small, wo nicht alles Englisch ist), oder EMBEDDING_BASE_URL und EMBEDDING_MODEL eines Servers. Die Suche nach Worten geht.',
  'Questions are embedded with {#} dimensions, the documents were with {#}: set EMBEDDING_MODEL back, or EMBEDDING_DIMENSIONS={#}, and all are embedded again.':
    (now, then, wanted) =>
      `Fragen werden mit ${figure(now)} Dimensionen eingebettet, die Dokumente wurden es mit ${figure(then)}: Setzen Sie EMBEDDING_MODEL zurück, oder EMBEDDING_DIMENSIONS=${wanted}, dann werden alle neu eingebettet.`,
  'Questions are embedded with {#} dimensions, the documents were with {#}: the embedding model is not what it was.':
    (now, then) =>
      `Fragen werden mit ${figure(now)} Dimensionen eingebettet, die Dokumente wurden es mit ${figure(then)}: Das Einbettungsmodell ist nicht mehr das alte.`,
  'Strategy "vector" needs an embedding model: set EMBEDDING_BASE_URL and EMBEDDING_MODEL, or use "keyword" or "rrf_fusion".':
    'Die Suche nach Bedeutung („vector“) braucht ein Einbettungsmodell: Setzen Sie EMBEDDING_BASE_URL und EMBEDDING_MODEL, oder suchen Sie nach Worten („keyword“) oder nach beidem („rrf_fusion“).',
  'No language model: answers quote the documents.': 'Kein Sprachmodell: Antworten zitieren die Dokumente.',
  'Semantic search is off: keyword search works.':
    'Die Suche nach Bedeutung ist aus: Die Suche nach Worten geht.',
  'Strategy "vector" needs an embedding model, and there is none here: use "keyword" or "rrf_fusion".':
    'Die Suche nach Bedeutung („vector“) braucht ein Einbettungsmodell, und hier ist keines: Suchen Sie nach Worten („keyword“) oder nach beidem („rrf_fusion“).',
  'temperature may be at most {#} here.': (most) => `Die Temperatur darf hier höchstens ${most} sein.`,
  'max_output_tokens may be at most {#} here.': (most) =>
    `Die längste Antwort darf hier höchstens ${counted(most, tokens)} haben.`,
  "The question alone does not fit into the model's context window: shorten it.":
    'Schon die Frage passt nicht in das Kontextfenster des Modells: Kürzen Sie sie.',
  "The question alone does not fit into the model's context window of {#} tokens: shorten it.": (n) =>
    `Schon die Frage passt nicht in das Kontextfenster des Modells von ${counted(n, tokens)}: Kürzen Sie sie.`,
  '{} says that the question with its sources is too long for the model: ask with fewer sources.': (name) =>
    `Die Frage mit ihren Quellen ist zu lang für das Modell, sagt ${inside(name)}: Fragen Sie mit weniger Quellen.`,
  ...forOthers,

  'No language model is configured here.': 'Hier ist kein Sprachmodell eingerichtet.',
  'There is no model "{}" here: no language model is configured.': (wanted) =>
    `Ein Modell „${wanted}“ gibt es hier nicht: Es ist kein Sprachmodell eingerichtet.`,
  'There is no model "{}" here: choose one of {}.': (wanted, known) =>
    `Ein Modell „${wanted}“ gibt es hier nicht: Wählen Sie eines von diesen: ${known}.`,
  '{} may be at most {#} here (MAX_TEMPERATURE).': (_name, most) =>
    `Die Temperatur darf hier höchstens ${most} sein (MAX_TEMPERATURE).`,
  '{} may be at most {#} here (MAX_OUTPUT_TOKENS).': (_name, most) =>
    `Die längste Antwort darf hier höchstens ${counted(most, tokens)} haben (MAX_OUTPUT_TOKENS).`,
  "The question alone does not fit into the model's context window: shorten it, or set LLM_CONTEXT_WINDOW if the model takes more.":
    'Schon die Frage passt nicht in das Kontextfenster des Modells: Kürzen Sie sie, oder setzen Sie LLM_CONTEXT_WINDOW, wenn das Modell mehr fasst.',
  "The question alone does not fit into the model's context window of {#} tokens: shorten it, or set LLM_CONTEXT_WINDOW if the model takes more.":
    (n) =>
      `Schon die Frage passt nicht in das Kontextfenster des Modells von ${counted(n, tokens)}: Kürzen Sie sie, oder setzen Sie LLM_CONTEXT_WINDOW, wenn das Modell mehr fasst.`,
  'The model ended its answer without a word: ask again, or choose another model.':
    'Das Modell hat seine Antwort ohne ein Wort beendet: Fragen Sie noch einmal, oder wählen Sie ein anderes Modell.',
  'The model wrote no query.': 'Das Modell hat keine Suche geschrieben.',
  'The model did not reply within {#} ms.': (n) =>
    `Das Modell hat nicht binnen ${counted(n, milliseconds)} geantwortet.`,
  'The model failed.': 'Das Modell ist gescheitert.',

  ...timed(
    'did not begin to answer within',
    ': ask again, or check that the model is loaded.',
    (name, time) => `${name} hat nicht binnen ${time} zu antworten begonnen: ${again}, oder ${isLoaded}.`,
  ),
  ...timed(
    'stopped sending for',
    ' in the middle of the answer: ask again.',
    (name, time) => `${name} hat mitten in der Antwort ${time} lang nichts gesendet: ${again}.`,
  ),
  ...timed(
    'did not finish within',
    ': ask again, or ask for a shorter answer.',
    (name, time) =>
      `${name} ist nicht binnen ${time} fertig geworden: ${again}, oder bitten Sie um eine kürzere Antwort.`,
  ),
  ...timed(
    'did not return embeddings within',
    ': try again, or check that the model is loaded.',
    (name, time) =>
      `${name} hat nicht binnen ${time} Einbettungen geliefert: Versuchen Sie es noch einmal, oder ${isLoaded}.`,
  ),
  ...timed(
    'did not return its scores within',
    ': check that the model is loaded, or use a smaller one.',
    (name, time) =>
      `${name} hat nicht binnen ${time} bewertet: Prüfen Sie, ob das Modell geladen ist, oder nehmen Sie ein kleineres.`,
  ),
  '{} sent more than one answer may hold and was stopped: ask again, or ask for a shorter answer.': (name) =>
    `${nameOf(name)} hat mehr gesendet, als eine Antwort fassen darf, und wurde angehalten: ${again}, oder bitten Sie um eine kürzere Antwort.`,
  '{} ended the connection in the middle of the answer: ask again.': (name) =>
    `${nameOf(name)} hat die Verbindung mitten in der Antwort beendet: ${again}.`,
  '{} did not answer with a stream: check that {} is the address of its API (it usually ends in /v1).': (
    name,
    setting,
  ) =>
    `${nameOf(name)} hat nicht mit einem Datenstrom geantwortet: Prüfen Sie, ob ${setting} die Adresse der API ist (sie endet meist auf /v1).`,
  '{} sent a response that is not valid: ask again, and check {} if it happens every time.': (
    name,
    setting,
  ) =>
    `${nameOf(name)} hat etwas Ungültiges gesendet: ${again}; geschieht es jedes Mal, prüfen Sie ${setting}.`,
  '{} returned embeddings that cannot be used: check {} and EMBEDDING_DIMENSIONS.': (name, setting) =>
    `${nameOf(name)} hat unbrauchbare Einbettungen geliefert: Prüfen Sie ${setting} und EMBEDDING_DIMENSIONS.`,
  '{} returned scores that cannot be used: check {} and {}.': (name, model, address) =>
    `${nameOf(name)} hat unbrauchbare Bewertungen geliefert: Prüfen Sie ${model} und ${address}.`,
  "{} says that the question with its sources is too long for the model: ask with fewer sources, or set LLM_CONTEXT_WINDOW to the model's real limit.":
    (name) =>
      `Die Frage mit ihren Quellen ist zu lang für das Modell, sagt ${inside(name)}: Fragen Sie mit weniger Quellen, oder setzen Sie LLM_CONTEXT_WINDOW auf die wirkliche Grenze des Modells.`,
  '{} cannot be reached: check that it runs and that {} is right.': (name, setting) =>
    `${nameOf(name)} ist nicht zu erreichen: Prüfen Sie, ob dort etwas läuft und ob ${setting} stimmt.`,
  '{} refused the key: check {}.': (name, setting) =>
    `${nameOf(name)} hat den Schlüssel abgelehnt: Prüfen Sie ${setting}.`,
  '{} does not have this model or address: check {} and {}.': (name, model, address) =>
    `${nameOf(name)} hat dieses Modell oder diese Adresse nicht: Prüfen Sie ${model} und ${address}.`,
  "The credit at {} is used up: check the account's billing.": (name) =>
    `Das Guthaben ist aufgebraucht, sagt ${inside(name)}: Prüfen Sie die Abrechnung des Kontos dort.`,
  '{} limits its requests at the moment: wait a little and ask again.': (name) =>
    `${nameOf(name)} begrenzt zurzeit die Anfragen: Warten Sie ein wenig, dann fragen Sie noch einmal.`,
  '{} failed (HTTP {#}): ask again in a moment.': (name, status) =>
    `${nameOf(name)} ist gescheitert (HTTP ${status}): Fragen Sie gleich noch einmal.`,
  '{} redirects to another address, which is not followed: set {} to the final one.': (name, setting) =>
    `${nameOf(name)} leitet an eine andere Adresse weiter, der nicht gefolgt wird: Setzen Sie ${setting} auf die endgültige.`,
  '{} refused the request (HTTP {#}): check {}.': (name, status, setting) =>
    `${nameOf(name)} hat die Anfrage abgelehnt (HTTP ${status}): Prüfen Sie ${setting}.`,
  '{} reported an error instead of an answer: ask again, and check {} if it happens every time.': (
    name,
    setting,
  ) =>
    `${nameOf(name)} hat statt einer Antwort einen Fehler gemeldet: ${again}; geschieht es jedes Mal, prüfen Sie ${setting}.`,
  '{} at {} did not list its models at start.': (name, setting) =>
    `${nameOf(name)} (${setting}) hat beim Start keine Modelle genannt.`,

  'LLM_BASE_URL is set, but the server names no model: set LLM_MODEL.':
    'LLM_BASE_URL ist gesetzt, aber der Server nennt kein Modell: Setzen Sie LLM_MODEL.',
  'EMBEDDING_BASE_URL is set, but the server names no model: set EMBEDDING_MODEL.':
    'EMBEDDING_BASE_URL ist gesetzt, aber der Server nennt kein Modell: Setzen Sie EMBEDDING_MODEL.',
  'RERANK_MODEL is set, but not the address of its server: set RERANK_BASE_URL.':
    'RERANK_MODEL ist gesetzt, aber nicht die Adresse seines Servers: Setzen Sie RERANK_BASE_URL.',
  'LLM_MODEL names {}, which no configured provider offers.': (name) =>
    `LLM_MODEL nennt ${name}, das kein eingerichteter Anbieter hat.`,
  'EMBEDDING_MODEL names {}, which no configured provider offers.': (name) =>
    `EMBEDDING_MODEL nennt ${name}, das kein eingerichteter Anbieter hat.`,
  'No Ollama answers at OLLAMA_HOST.': 'Unter OLLAMA_HOST antwortet kein Ollama.',
  'Ollama runs, but has no chat model: `ollama pull` one.':
    'Ollama läuft, hat aber kein Sprachmodell: Holen Sie eines mit „ollama pull“.',
  'Ollama runs: "ollama pull nomic-embed-text" and a restart turn semantic search on as well.':
    'Ollama läuft: „ollama pull nomic-embed-text“ und ein Neustart schalten auch die Suche nach Bedeutung ein.',
  'Ollama has {}: set EMBEDDING_MODEL to it to turn semantic search on as well.': (list) =>
    `Ollama hat ${and(list)}: Setzen Sie EMBEDDING_MODEL darauf, dann ist auch die Suche nach Bedeutung an.`,

  'There is no folder {} for "{}": put the model there, or name one of the hub as local:owner/name.': (
    folder,
    setting,
  ) =>
    `Den Ordner ${folder} für „${setting}“ gibt es nicht: Legen Sie das Modell dort ab, oder nennen Sie eines des Hubs als local:owner/name.`,
  'The folder {} is not a model that can be run here: it lacks {}.': (folder, missing) =>
    `Der Ordner ${folder} ist kein Modell, das hier laufen kann: Es fehlt ${and(missing)}.`,
  'The folder {} has no weights of LOCAL_MODELS_DTYPE={}; it has {}.': (folder, wanted, offered) =>
    `Der Ordner ${folder} hat keine Gewichte für LOCAL_MODELS_DTYPE=${wanted}; er hat ${offered}.`,
  'The package that runs local models is installed but does not load: run "npm rebuild onnxruntime-node" where it is installed, or install it anew.':
    'Das Paket für lokale Modelle ist installiert, lädt aber nicht: Führen Sie dort „npm rebuild onnxruntime-node“ aus, oder installieren Sie es neu.',
  'A local model needs the package @huggingface/transformers, which is not installed: run "npm install @huggingface/transformers" in Alcove\'s folder or in {} (with ONNXRUNTIME_NODE_INSTALL=skip where its download of GPU libraries is blocked).':
    (folder) =>
      `Ein lokales Modell braucht das Paket @huggingface/transformers, das nicht installiert ist: Führen Sie „npm install @huggingface/transformers“ in Alcoves Ordner oder in ${folder} aus (mit ONNXRUNTIME_NODE_INSTALL=skip, wo das Herunterladen der GPU-Bibliotheken gesperrt ist).`,
  "The local model {} cannot be downloaded, because the hub cannot be reached: put the model's files into {} instead.":
    (id, folder) =>
      `Das lokale Modell ${id} lässt sich nicht herunterladen, weil der Hub nicht zu erreichen ist: Legen Sie die Dateien des Modells in ${folder} ab.`,
  "The hub has no model {} with ONNX files, or it is not public: check the name, or put the model's files into {}.":
    (id, folder) =>
      `Der Hub hat kein Modell ${id} mit ONNX-Dateien, oder es ist nicht öffentlich: Prüfen Sie den Namen, oder legen Sie die Dateien des Modells in ${folder} ab.`,
  'The local model {} lacks a file: it needs config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx.':
    (id) =>
      `Dem lokalen Modell ${id} fehlt eine Datei: Es braucht config.json, tokenizer.json, tokenizer_config.json und onnx/model.onnx.`,
  'The local model {} cannot be loaded: check that its files are whole and that it is an embedding model.': (
    id,
  ) =>
    `Das lokale Modell ${id} lässt sich nicht laden: Prüfen Sie, ob seine Dateien heil sind und ob es ein Einbettungsmodell ist.`,
  'The local model {} cannot be loaded: check that its files are whole and that it is a cross-encoder.': (
    id,
  ) =>
    `Das lokale Modell ${id} lässt sich nicht laden: Prüfen Sie, ob seine Dateien heil sind und ob es ein Cross-Encoder ist.`,
  'The local model {} failed on a text: ask again, and choose another model if it happens every time.': (
    id,
  ) =>
    `Das lokale Modell ${id} ist an einem Text gescheitert: ${again}; geschieht es jedes Mal, wählen Sie ein anderes Modell.`,
  'The local model {} ended unexpectedly: it is loaded anew in a moment.': (id) =>
    `Das lokale Modell ${id} hat unerwartet geendet: Es wird gleich neu geladen.`,
  'The local model {} is stopped with its server.': (id) =>
    `Das lokale Modell ${id} wird mit seinem Server angehalten.`,
  'The local model {} gave a wrong number of rows.': (id) =>
    `Das lokale Modell ${id} hat eine falsche Zahl von Zeilen geliefert.`,
  'The local model {} gave a vector of zeros or of values that are no numbers.': (id) =>
    `Das lokale Modell ${id} hat einen Vektor aus Nullen oder aus Werten geliefert, die keine Zahlen sind.`,
  'The local model {} is still being downloaded ({#} %).': (id, percent) =>
    `Das lokale Modell ${id} wird noch heruntergeladen (${percent} %).`,
  'The local model {} is still being loaded.': (id) => `Das lokale Modell ${id} wird noch geladen.`,
  'The local model {} was not done in time: use a smaller one, or more cores.': (id) =>
    `Das lokale Modell ${id} wurde nicht rechtzeitig fertig: Nehmen Sie ein kleineres, oder mehr Prozessorkerne.`,
};
