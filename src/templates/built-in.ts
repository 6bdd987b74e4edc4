import type { ConversationSettings } from '@alcove/contract';

/** A template that every installation has. */
export interface BuiltInTemplate {
  id: string;
  name: string;
  description: string;
  settings: ConversationSettings;
  starterQuestions: readonly string[];
}

export const builtInTemplates: readonly BuiltInTemplate[] = [
  {
    id: '01980000-0000-7000-8000-000000000001',
    name: 'Read a report',
    description:
      'For annual reports, studies and audits: figures as they stand, with the page that they stand on.',
    settings: {
      docs_only: true,
      prompt:
        'The documents are reports. Give figures with their unit and period, exactly as they stand, and say so when two places disagree. Prefer tables to running text for numbers.',
    },
    starterQuestions: [
      'What are the main findings?',
      'Which figures changed most against the year before, and why?',
      'What risks does it name?',
      'What does it leave open?',
    ],
  },
  {
    id: '01980000-0000-7000-8000-000000000002',
    name: 'Compare contracts',
    description: 'For several versions or offers: what each says on a point, side by side.',
    settings: {
      docs_only: true,
      top_k: 20,
      prompt:
        'The documents are contracts, offers or versions of one. Answer point by point for each document, in a table where there are several, with the clause that each statement rests on. Do not judge what is lawful.',
    },
    starterQuestions: [
      'Where do they differ?',
      'What are the terms of payment and termination in each?',
      'Which obligations fall on us?',
      'Which dates and deadlines do they name?',
    ],
  },
  {
    id: '01980000-0000-7000-8000-000000000003',
    name: 'Study a text',
    description:
      'For lectures, papers and handbooks: explanations in plain words, and questions to test yourself.',
    settings: {
      prompt:
        'The person wants to learn from the documents. Explain in plain words and short steps, give the term that the text uses, and end with one question that tests what was explained.',
    },
    starterQuestions: [
      'What are the five most important ideas?',
      'Explain the hardest part as to a beginner.',
      'Ask me ten questions about it, one after the other.',
      'Which terms does it define?',
    ],
  },
];
