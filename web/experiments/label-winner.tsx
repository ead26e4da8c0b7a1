import { Button } from '@mantine/core'
import { useRef, useState } from 'react'
import { useKeys } from '../ui/use-keys.ts'
import { isFields } from './fields.ts'
import { LabelPrompt } from './label-prompt.tsx'
import { explainLeading, type Leading, nameLabelling } from './leading.ts'

/**
 * The way from an answer to its use: the prompt of the variant that leads gets a label. It is called the winner only where it
 * is one. Nothing while nobody leads.
 */
export function LabelWinner(props: { experiment: string; leading: Leading | null; pipeline: unknown }) {
  const { experiment, leading, pipeline } = props
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const words = leading === null ? 'Label the leading variant' : nameLabelling(leading)
  useKeys([{ keys: [], label: words, group: 'Experiment', run: () => leading !== null && setOpen(true) }])
  if (leading === null) return null
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <>
      <Button ref={button} aria-expanded={open} onClick={() => setOpen(!open)}>
        {words}
      </Button>
      {open && (
        <LabelPrompt
          experiment={experiment}
          variant={leading.variant}
          remark={explainLeading(leading)}
          stages={listStageNames(pipeline)}
          onClose={close}
        />
      )}
    </>
  )
}

function listStageNames(pipeline: unknown): string[] {
  const stages = Array.isArray(pipeline) ? pipeline : isFields(pipeline) ? pipeline.stages : undefined
  if (!Array.isArray(stages)) return []
  return stages.flatMap(stage => (isFields(stage) && typeof stage.name === 'string' ? [stage.name] : []))
}
