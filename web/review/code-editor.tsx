import { history, historyKeymap, standardKeymap } from '@codemirror/commands'
import { Compartment, EditorSelection, EditorState, StateEffect, StateField } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView, keymap } from '@codemirror/view'
import { useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react'
import type { EditorProps } from './correction-editor.tsx'

const setAdded = StateEffect.define<{ from: number; to: number }[]>()
const addedMark = Decoration.mark({ class: 'added-words', tagName: 'ins' })

/** What the correction has and the original has not; it moves with the text until it is computed anew. */
const added = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    for (const effect of transaction.effects) {
      if (effect.is(setAdded)) return Decoration.set(effect.value.map(({ from, to }) => addedMark.range(from, to)))
    }
    return marks.map(transaction.changes)
  },
  provide: field => EditorView.decorations.from(field),
})

const attributes = new Compartment()

/** The editor as it is once its code is there. Without Tab and Ctrl+Enter: these are the page's. */
export function CodeEditor(props: EditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const latest = useRef(props)
  latest.current = props
  const { invalid, additions } = props
  useImperativeHandle(props.control, () => ({ focus: () => view.current?.focus() }))
  useLayoutEffect(() => {
    if (place.current === null) return
    const editor = openEditor(place.current, latest)
    view.current = editor
    if (latest.current.autoFocus) editor.focus()
    return () => {
      view.current = null
      editor.destroy()
    }
  }, [])
  useEffect(() => {
    view.current?.dispatch({ effects: attributes.reconfigure(describe(latest.current, invalid)) })
  }, [invalid])
  useEffect(() => {
    const editor = view.current
    // Computed for a text that is no more: the next one comes.
    if (editor === null || editor.state.doc.length !== additions.of.length) return
    editor.dispatch({ effects: setAdded.of(additions.ranges) })
  }, [additions])
  return <div className="code-editor" ref={place} />
}

function openEditor(parent: HTMLElement, latest: { current: EditorProps }): EditorView {
  const leave = () => {
    latest.current.onLeave()
    return true
  }
  const { readText, caretAtEnd } = latest.current
  const text = readText()
  const state = EditorState.create({
    doc: text,
    selection: EditorSelection.cursor(caretAtEnd ? text.length : 0),
    extensions: [
      // A carriage return in a text stays what it is.
      EditorState.lineSeparator.of('\n'),
      history(),
      keymap.of([{ key: 'Escape', run: leave }, ...standardKeymap, ...historyKeymap]),
      EditorView.lineWrapping,
      attributes.of(describe(latest.current, false)),
      added,
      EditorView.updateListener.of(update => {
        if (update.docChanged) latest.current.onChange(update.state.doc.toString())
      }),
      // What stands over the text while it is scrolled, and the bar below.
      EditorView.scrollMargins.of(() => ({ top: 36, bottom: 12 })),
    ],
  })
  return new EditorView({ state, parent })
}

function describe({ label, describedBy }: EditorProps, invalid: boolean) {
  return EditorView.contentAttributes.of({
    'aria-label': label,
    'aria-describedby': describedBy,
    'aria-invalid': String(invalid),
    spellcheck: 'true',
    autocorrect: 'on',
    autocapitalize: 'on',
  })
}
