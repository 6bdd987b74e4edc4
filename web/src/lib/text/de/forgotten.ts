import type { forgotten as en } from '../en/forgotten.ts';

export const forgotten: typeof en = {
  title: 'Einen Link zuschicken lassen',
  send: 'Link schicken',
  sent: 'Wenn es ein Konto mit dieser Adresse gibt, ist ein Link dorthin unterwegs.',
};
