/** What a query says about the frames that its answer becomes. */
export interface Shape {
  refId: string;
  format?: 'time_series' | 'table' | 'heatmap';
  /** The legend's template, variables filled already. */
  legendFormat?: string;
  expr: string;
  /** The column of a table's numbers: `Value`, or `Value #A` where several queries answer with tables. */
  valueName: string;
  /** Missing for an instant query. */
  stepMs?: number;
}
