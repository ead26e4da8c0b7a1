import { Button } from '@mantine/core'
import { useRef, useState } from 'react'
import { useKeys } from '../ui/use-keys.ts'
import { isFields } from './fields.ts'
import { LabelPrompt } from './label-prompt.tsx'

/** The way from an answer to its use: the winner's prompt gets its label. Nothing before there is a winner. */
export function LabelWinner(props: { experiment: string; winner: number | null; pipeline: unknown }) {
  const { experiment, winner, pipeline } = props
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  useKeys([{ keys: [], label: 'Label the winner', group: 'Experiment', run: () => winner !== null && setOpen(true) }])
  if (winner === null) return null
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <>
      <Button ref={button} aria-expanded={open} onClick={() => setOpen(!open)}>
        Label winner
      </Button>
      {open && (
        <LabelPrompt experiment={experiment} variant={winner} stages={listStageNames(pipeline)} onClose={close} />
      )}
    </>
  )
}

function listStageNames(pipeline: unknown): string[] {
  const stages = Array.isArray(pipeline) ? pipeline : isFields(pipeline) ? pipeline.stages : undefined
  if (!Array.isArray(stages)) return []
  return stages.flatMap(stage => (isFields(stage) && typeof stage.name === 'string' ? [stage.name] : []))
}
