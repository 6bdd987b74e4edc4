import type { Dictionary } from '../en.ts';

export const account: Dictionary['account'] = {
  createTitle: 'Das erste Konto anlegen',
  createHint: 'Dieser Server ist neu. Das erste Konto verwaltet ihn.',
  registerTitle: 'Konto anlegen',
  signInTitle: 'Anmelden',
  ended: 'Ihre Sitzung ist beendet. Melden Sie sich wieder an.',
  email: 'E-Mail',
  password: 'Passwort',
  passwordHint: 'Mindestens 8 Zeichen',
  resetTitle: 'Neues Passwort setzen',
  newPassword: 'Neues Passwort',
  setPassword: 'Passwort setzen',
  name: 'Name',
  optional: 'freiwillig',
  create: 'Konto anlegen',
  signIn: 'Anmelden',
  signOut: 'Abmelden',
  signedInAs: 'Angemeldet als',
  toRegister: 'Stattdessen ein Konto anlegen',
  toSignIn: 'Ich habe ein Konto',
  forgot: 'Ich habe mein Passwort vergessen',
};
