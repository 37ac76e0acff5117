/** Something that happened, drawn over the graphs; times in milliseconds. */
export interface Mark {
  time: number;
  /** Missing for a single moment. */
  timeEnd?: number;
  title: string;
  text: string;
  tags: string[];
  color: string;
  /** Which of the dashboard's annotation queries it is from. */
  source: string;
  /** Panels that it is drawn on, or with `exclude` not; without it on all. */
  panels?: { exclude?: boolean; ids: number[] };
}
