import { type RefObject, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react'

export interface EditorControl {
  focus: () => void
}

export interface EditorProps {
  /** What it begins with: to the last letter, which the page may not have shown yet. */
  readText: () => string
  label: string
  describedBy: string
  invalid: boolean
  autoFocus: boolean
  caretAtEnd: boolean
  /** Where a text, of a moment ago perhaps, has what the original has not. */
  additions: { of: string; ranges: { from: number; to: number }[] }
  control: RefObject<EditorControl | null>
  onChange: (text: string) => void
  onLeave: () => void
}

let code: typeof import('./code-editor.tsx') | null = null

/** Fetches the editor's code before it is needed. */
export async function loadEditor(): Promise<void> {
  code ??= await import('./code-editor.tsx')
}

/** The editor, or a plain field where its code is not there yet. They change places only while nobody writes. */
export function CorrectionEditor(props: EditorProps) {
  const [began] = useState(() => code !== null)
  const [plain, setPlain] = useState(!began)
  const CodeEditor = code?.CodeEditor
  if (plain || CodeEditor === undefined) return <PlainEditor {...props} onRest={() => setPlain(code === null)} />
  return <CodeEditor {...props} autoFocus={props.autoFocus && began} />
}

function PlainEditor({ onRest, ...props }: EditorProps & { onRest: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null)
  const [text] = useState(props.readText)
  const latest = useRef({ ...props, onRest })
  latest.current = { ...props, onRest }
  useImperativeHandle(props.control, () => ({ focus: () => field.current?.focus() }))
  useLayoutEffect(() => {
    const { autoFocus, caretAtEnd } = latest.current
    const rest = () => {
      if (document.activeElement !== field.current) latest.current.onRest()
    }
    void loadEditor().then(rest, () => {})
    if (!autoFocus || field.current === null) return
    const at = caretAtEnd ? field.current.value.length : 0
    field.current.focus()
    field.current.setSelectionRange(at, at)
  }, [])
  return (
    <textarea
      ref={field}
      className="plain-editor"
      defaultValue={text}
      aria-label={props.label}
      aria-describedby={props.describedBy}
      aria-invalid={props.invalid}
      onChange={event => props.onChange(event.currentTarget.value)}
      onBlur={onRest}
      onKeyDown={event => {
        if (event.key !== 'Escape' || event.nativeEvent.isComposing) return
        event.preventDefault()
        props.onLeave()
      }}
    />
  )
}
