import { createContext, useContext } from 'react';
import { type Language, type Text, translate } from './strings';

export interface App {
  language: Language;
  /** Grows when the server has new content. */
  generation: number;
  /** Everything is drawn at once, at a fixed width and without motion: for pictures. */
  picture: boolean;
  kiosk: boolean;
}

export const AppContext = createContext<App>({ language: 'en', generation: 0, picture: false, kiosk: false });

export const useApp = (): App => useContext(AppContext);

/** The page's own texts in the chosen language. */
export function useTexts(): (text: Text) => string {
  const { language } = useApp();
  return (text) => translate(language, text);
}
