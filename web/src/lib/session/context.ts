import { createContext } from 'svelte';
import type { Appearance } from '../appearance.svelte.ts';
import type { Session } from './session.svelte.ts';

export const [useSession, provideSession] = createContext<Session>();
export const [useAppearance, provideAppearance] = createContext<Appearance>();
