import type { DatasetUploadPreview } from '#client.ts'
import { Chips } from '../ui/chips.tsx'
import { DifferenceList } from './difference-list.tsx'

/** Lines that are no cases, told one by one. */
const TOLD = 20

/** What saving would change, before it is saved. */
export function UploadPreview({ preview }: { preview: DatasetUploadPreview }) {
  const { malformed, malformed_count, differences } = preview
  const total = preview.added + preview.changed + preview.removed
  return (
    <section className="upload-preview" aria-label="What it would change">
      <p>
        <Chips counts={preview} />{' '}
        <span className="quiet">{preview.unchanged.toLocaleString('en-US')} unchanged, nothing is saved yet</span>
      </p>
      {malformed_count > 0 && (
        <details open={malformed_count <= 3}>
          <summary>
            {malformed_count === 1
              ? '1 line is no case and is left out'
              : `${malformed_count.toLocaleString('en-US')} lines are no cases and are left out`}
          </summary>
          <ul>
            {malformed.slice(0, TOLD).map(({ line, reason }) => (
              <li key={line}>
                Line {line}: {reason}
              </li>
            ))}
            {malformed_count > TOLD && <li>… and {(malformed_count - TOLD).toLocaleString('en-US')} more</li>}
          </ul>
        </details>
      )}
      {differences.length > 0 && (
        <details>
          <summary>
            {total > differences.length ? `Show the first ${differences.length} differences` : 'Show the differences'}
          </summary>
          <DifferenceList differences={differences} />
        </details>
      )}
    </section>
  )
}
