import { digitsOf } from './prompts-search.ts'

/** Labels as tags, each with the version that it means. */
export function Labels({ labels }: { labels: { [label: string]: string } }) {
  const all = Object.entries(labels)
  if (all.length === 0) return <span className="quiet">no label</span>
  return (
    <span className="labels">
      {all.map(([label, version]) => (
        <span key={label} className="tag">
          <bdi>{label}</bdi> <span className="quiet">{digitsOf(version)}</span>
        </span>
      ))}
    </span>
  )
}
