/** What the colours of a heatmap mean: lowest, middle and highest value. */
export function HeatmapScale({ colors, texts }: { colors: string[]; texts: string[] }) {
  return (
    <div style={{ width: 240, margin: '2px 0 0 40px', fontSize: 12, lineHeight: '16px' }}>
      <div style={{ height: 8, background: `linear-gradient(90deg, ${colors.join(',')})` }} />
      <div style={{ display: 'flex', justifyContent: 'space-between' }}>
        {['low', 'middle', 'high'].map((end, index) => (
          <span key={end}>{texts[index]}</span>
        ))}
      </div>
    </div>
  );
}
