import { en, type Dictionary } from './en.ts';

export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

const languageKey = 'alcove-language';

/** The language in use: the one chosen, else the first of the browser's that there is. */
export const language: Language = choose();

/** The dictionary in use; another language is another load of the page. */
export const t: Dictionary = language === 'de' ? (await import('./de.ts')).de : en;

export function isLanguage(value: string | null | undefined): value is Language {
  return value !== null && value !== undefined && value in languages;
}

/** Null follows the browser. */
export function chosenLanguage(): Language | null {
  const chosen = localStorage.getItem(languageKey);
  return isLanguage(chosen) ? chosen : null;
}

export function chooseLanguage(chosen: Language | null): void {
  if (chosen === null) localStorage.removeItem(languageKey);
  else localStorage.setItem(languageKey, chosen);
  location.reload();
}

function choose(): Language {
  const wanted = [chosenLanguage(), ...navigator.languages.map((tag) => tag.split('-')[0])];
  return wanted.find(isLanguage) ?? 'en';
}
