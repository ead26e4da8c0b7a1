import { useMemo } from 'react'
import { diffLines } from './line-diff.ts'
import { LongText } from './long-text.tsx'
import type { ToolCall } from './session-query.ts'

interface DiffProps {
  edits: ToolCall['edits']
  name: string
  source: { message: number; block: number }
}

/** What an editing tool takes out and puts in, as a unified diff: told by sign and line, not by colour alone. */
export function DiffView({ edits, source }: DiffProps) {
  const text = edits.map(edit => `${edit.before}\n${edit.after}`).join('\n')
  const place = { message_index: source.message, block: source.block, text, length: text.length }
  return (
    <LongText source={place} lines={40}>
      {(_, lines) => {
        let left = lines
        return edits.map((edit, index) => {
          const room = Math.max(0, left)
          left -= edit.before.split('\n').length + edit.after.split('\n').length
          // biome-ignore lint/suspicious/noArrayIndexKey: edits of a call have no other name
          return room === 0 ? null : <Edit key={index} edit={edit} lines={room} />
        })
      }}
    </LongText>
  )
}

function Edit({ edit, lines }: { edit: ToolCall['edits'][number]; lines: number }) {
  const diff = useMemo(() => diffLines(edit.before, edit.after), [edit])
  return (
    <div className="diff">
      {edit.path !== null && <div className="diff-path">{edit.path}</div>}
      {diff.slice(0, lines).map((line, index) =>
        line === null ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of a diff have no other name
          <div key={index} className="diff-gap">
            …
          </div>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of a diff have no other name
          <div key={index} data-sign={line.sign}>
            <span className="sign">{line.sign === '-' ? '−' : line.sign}</span>
            {line.sign === '+' ? <ins>{line.text}</ins> : line.sign === '-' ? <del>{line.text}</del> : line.text}
          </div>
        ),
      )}
    </div>
  )
}
