import type { Sentences } from '../../sentence-patterns.ts';
import { figure } from './numbers.ts';

/** Signing in, keys, people and their accounts. */
export const accounts: Sentences = {
  'Sign in first.': 'Melden Sie sich zuerst an.',
  'This needs a token: send "Authorization: Bearer <token>".':
    'Dafür braucht es einen Schlüssel: Senden Sie „Authorization: Bearer <token>“.',
  'An API key cannot do this: sign in.': 'Das kann kein API-Schlüssel: Melden Sie sich an.',
  'This API key may only read.': 'Dieser API-Schlüssel darf nur lesen.',
  'This API key is for one conversation only.': 'Dieser API-Schlüssel gilt nur für ein Gespräch.',
  'This API key is not valid, has expired or was revoked.':
    'Dieser API-Schlüssel gilt nicht: Er ist falsch, abgelaufen oder beendet.',
  'This API key does not exist.': 'Diesen API-Schlüssel gibt es nicht.',
  'This is for administrators.': 'Das ist für Verwalter.',
  'This request came from another site.': 'Diese Anfrage kam von einer anderen Seite.',
  'There is no session to refresh: sign in.': 'Es gibt keine Sitzung zu verlängern: Melden Sie sich an.',
  'This session has ended: sign in again.': 'Diese Sitzung ist beendet: Melden Sie sich wieder an.',
  'The session has ended: sign in again.': 'Die Sitzung ist beendet: Melden Sie sich wieder an.',
  'This session does not exist or has ended.': 'Diese Sitzung gibt es nicht, oder sie ist beendet.',
  'The access token has expired: refresh it or sign in again.':
    'Die Anmeldung ist abgelaufen: Melden Sie sich wieder an.',
  'The access token is not valid: sign in again.': 'Die Anmeldung gilt nicht: Melden Sie sich wieder an.',
  'The token has expired: sign in again at your provider.':
    'Die Anmeldung ist abgelaufen: Melden Sie sich bei Ihrem Anbieter wieder an.',
  'The keys of the identity provider cannot be read right now.':
    'Die Schlüssel des Anbieters, bei dem Sie sich anmelden, lassen sich gerade nicht lesen.',
  'The token is not valid here.': 'Diese Anmeldung gilt hier nicht.',
  'The token names no subject.': 'Diese Anmeldung sagt nicht, wer Sie sind.',
  'The e-mail address or the password is wrong.': 'Die E-Mail-Adresse oder das Passwort ist falsch.',
  'The current password is wrong.': 'Das jetzige Passwort ist falsch.',
  'A password has at most {#} bytes.': (bytes) =>
    `Ein Passwort hat höchstens ${figure(bytes)} Bytes: Wählen Sie ein kürzeres.`,
  'Too many failed sign-ins from this address: wait a few minutes and try again.':
    'Von dieser Adresse aus wurde zu oft vergeblich versucht, sich anzumelden: Warten Sie einige Minuten, dann versuchen Sie es wieder.',
  'Too many failed sign-ins for this account: wait a few minutes and try again.':
    'Bei diesem Konto wurde zu oft vergeblich versucht, sich anzumelden: Warten Sie einige Minuten, dann versuchen Sie es wieder.',
  'Registration is closed here: ask an administrator for an account.':
    'Hier kann sich niemand selbst ein Konto anlegen: Bitten Sie einen Verwalter darum.',
  'The first account of this server needs the setup code: it is in the log of the start, and "alcove setup-code" prints it.':
    'Das erste Konto dieses Servers braucht den Einrichtungscode: Er steht im Protokoll des Starts, und „alcove setup-code“ zeigt ihn an.',
  'This is not the setup code of this server: it is in the log of the start, and "alcove setup-code" prints it.':
    'Das ist nicht der Einrichtungscode dieses Servers: Er steht im Protokoll des Starts, und „alcove setup-code“ zeigt ihn an.',
  'An account with this e-mail address exists already: sign in instead.':
    'Für diese E-Mail-Adresse gibt es schon ein Konto: Melden Sie sich an.',
  'This account does not exist any more.': 'Dieses Konto gibt es nicht mehr.',
  'This account does not exist.': 'Dieses Konto gibt es nicht.',
  'This account is under a legal hold: nothing of it can be erased until an administrator ends it.':
    'Dieses Konto muss aus rechtlichen Gründen aufbewahrt werden: Bis ein Verwalter das beendet, kann nichts daraus gelöscht werden.',
  'Administrators cannot change their own role or status.':
    'Verwalter können ihre eigene Rolle und ihren eigenen Zustand nicht ändern.',
  'This is the last administrator: make somebody else one first.':
    'Das ist der letzte Verwalter: Machen Sie zuerst jemand anderen dazu.',
  'Delete your own account with DELETE /auth/me.':
    'Ihr eigenes Konto löschen Sie in den Einstellungen (DELETE /auth/me).',
  'This person has an account already.': 'Diese Person hat schon ein Konto.',
  'This invitation was not accepted: invite again, or delete it.':
    'Diese Einladung wurde nicht angenommen: Laden Sie noch einmal ein, oder löschen Sie sie.',
  'This invitation was not accepted: invite again for a new link.':
    'Diese Einladung wurde nicht angenommen: Laden Sie noch einmal ein, dann gibt es einen neuen Link.',
  'This account is suspended: resume it first.': 'Dieses Konto ist gesperrt: Lassen Sie es zuerst wieder zu.',
  'This account signs in at its identity provider: it has no password here.':
    'Dieses Konto meldet sich bei einem anderen Anbieter an: Es hat hier kein Passwort.',
  'This account has just changed: look at it again.':
    'Dieses Konto wurde gerade geändert: Sehen Sie es noch einmal an.',
  'This link does not serve any more: it was used, replaced or is over. Ask for a new one.':
    'Dieser Link gilt nicht mehr: Er wurde benutzt, ersetzt oder ist abgelaufen. Bitten Sie um einen neuen.',
};
