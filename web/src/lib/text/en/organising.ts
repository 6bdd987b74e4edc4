import { count, documents, messages } from './nouns.ts';

const items = { one: 'item', other: 'items' };

export const organising = {
  usual: 'As usual here',
  searching: 'How passages are found',
  strategy: 'Searched',
  strategies: { rrf_fusion: 'By meaning and by words', vector: 'By meaning', keyword: 'By words' },
  topK: 'Passages at most',
  writing: 'How answers are written',
  model: 'Model',
  usualModel: (id: string) => `The server’s own (${id})`,
  temperature: 'Temperature',
  temperatureHint: (most: number) => `0 is the steadiest, ${most} the most varied.`,
  longest: 'Longest answer, in tokens',
  longestHint: 'About four characters each.',

  project: {
    title: 'Project of this conversation',
    choose: 'Project',
    none: 'No project',
    new: 'A new project…',
    newTitle: 'New project',
    editTitle: 'Change this project',
    name: 'Name',
    prompt: 'Instructions for the model',
    promptHint: 'Told to it with every question in every conversation of this project.',
    delete: 'Delete the project',
    deleteHint: 'Its conversations stay, in no project.',
  },

  template: {
    heading: 'Start from a template',
    own: 'My templates',
    builtIn: 'Built in',
    start: 'Start',
    startFrom: (name: string) => `Start from “${name}”`,
    edit: 'Change',
    editOf: (name: string) => `Change “${name}”`,
    editTitle: 'Change this template',
    newTitle: 'Save as a template',
    newHint: 'Its settings and copies of its documents become a template; its messages do not.',
    name: 'Name',
    description: 'What it is for',
    questions: 'Questions to begin with',
    questionsHint: 'One on each line.',
    documents: (n: number) => count(n, { one: 'starter document', other: 'starter documents' }),
    openDocuments: 'Starter documents',
    delete: 'Delete the template',
    none: 'You have no templates of your own yet: the menu of a conversation makes one.',
  },

  export: {
    title: 'Export this conversation',
    format: 'As',
    formats: {
      markdown: 'Markdown (.md)',
      html: 'A page (.html)',
      pdf: 'PDF',
      json: 'JSON, with every branch',
      zip: 'Bundle with the documents (.zip)',
    },
    save: 'Save',
    all: 'Export everything',
    allHint: 'One archive with every conversation and every document of this account.',
  },

  import: {
    title: 'Import',
    hint: 'Exports from here and from ChatGPT, Claude, Open WebUI, LibreChat, Chatbot UI and ShareGPT, as JSON or zip.',
    choose: 'Choose files to import',
    dryRun: 'Only look, keep nothing',
    running: (n: number) => `${count(n, items)} read…`,
    done: (imported: number, extended: number, unchanged: number, failed: number) =>
      `${imported.toLocaleString('en')} imported, ${extended.toLocaleString('en')} continued, ${unchanged.toLocaleString('en')} known already, ${failed.toLocaleString('en')} failed.`,
    looked: (readable: number, extended: number, unchanged: number, failed: number) =>
      `${readable.toLocaleString('en')} could be imported, ${extended.toLocaleString('en')} could be continued, ${unchanged.toLocaleString('en')} are known already, ${failed.toLocaleString('en')} failed. Nothing was kept.`,
    report: 'Report',
    item: 'Item',
    outcome: 'Outcome',
    extent: 'Extent',
    outcomes: {
      imported: 'imported',
      readable: 'can be imported',
      extended: 'known already, with new messages',
      unchanged: 'known already',
      failed: 'failed',
    },
    untitled: 'without a title',
    extentOf: (ofMessages: number, ofDocuments: number) =>
      `${count(ofMessages, messages)}${ofDocuments > 0 ? `, ${count(ofDocuments, documents)}` : ''}`,
    more: (n: number) => `and ${count(n, items)} more`,
  },
};
