import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import type { Trouble } from './document.ts'
import type { Offer } from './schema-walk.ts'
import './yaml-editor.css'

/** What may be written at a position, and where the word begins that it takes the place of. */
export type Complete = (text: string, position: number) => { from: number; field: boolean; offers: Offer[] } | null

interface EditorProps {
  text: string
  onChange: (text: string) => void
  troubles: Trouble[]
  complete: Complete
  label: string
  /** Names the element that lists the troubles. */
  describedBy: string
  /** Raised to put the cursor at a place. */
  place: { from: number; turn: number } | null
}

/** An editor for YAML. Tab leaves it, so that nobody is caught inside. */
export function YamlEditor(props: EditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const latest = useRef(props)
  latest.current = props
  // What was written here and has not come back as `text`: by then more may have been written, which that must not undo.
  const sent = useRef<string[]>([])
  useEffect(() => {
    if (host.current === null) return
    const { label, describedBy, text } = latest.current
    const send = (written: string) => {
      sent.current.push(written)
      latest.current.onChange(written)
    }
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({ doc: text, extensions: listExtensions(latest, send, { label, describedBy }) }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [])
  useEffect(() => {
    const own = sent.current.indexOf(props.text)
    sent.current = own < 0 ? [] : sent.current.slice(own + 1)
    if (own < 0 && view.current !== null) followText(view.current, props.text)
  }, [props.text])
  useEffect(() => {
    const editor = view.current
    if (editor !== null)
      editor.dispatch(setDiagnostics(editor.state, listDiagnostics(props.troubles, editor.state.doc.length)))
  }, [props.troubles])
  useEffect(() => {
    const [editor, place] = [view.current, props.place]
    if (editor === null || place === null) return
    const anchor = Math.min(place.from, editor.state.doc.length)
    editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) })
    editor.focus()
  }, [props.place])
  return <div ref={host} className="yaml-editor" />
}

function listExtensions(
  latest: { current: EditorProps },
  send: (text: string) => void,
  names: { label: string; describedBy: string },
) {
  return [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    yaml(),
    syntaxHighlighting(COLOURS),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': names.label, 'aria-describedby': names.describedBy }),
    autocompletion({ override: [context => offerCompletions(context, latest.current.complete)], icons: false }),
    // Ctrl-Enter starts the experiment; a line is inserted by Enter as well.
    keymap.of([
      ...completionKeymap,
      ...lintKeymap,
      ...historyKeymap,
      ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
    ]),
    EditorView.updateListener.of(update => {
      const text = update.docChanged ? update.state.doc.toString() : latest.current.text
      // What came from outside is known there.
      if (text !== latest.current.text) send(text)
    }),
  ]
}

/** A text that changed outside takes the place of what differs, so that the cursor and the way back stay. */
function followText(editor: EditorView, text: string): void {
  const now = editor.state.doc.toString()
  if (now === text) return
  let from = 0
  while (from < now.length && from < text.length && now[from] === text[from]) from++
  let [end, other] = [now.length, text.length]
  while (end > from && other > from && now[end - 1] === text[other - 1]) {
    end--
    other--
  }
  editor.dispatch({ changes: { from, to: end, insert: text.slice(from, other) } })
}

function listDiagnostics(troubles: Trouble[], length: number): Diagnostic[] {
  return troubles.map(({ from, to, message }) => ({
    ...{ from: Math.min(from, length), to: Math.min(Math.max(to, from), length) },
    ...{ severity: 'error', message },
  }))
}

function offerCompletions(context: CompletionContext, complete: Complete): CompletionResult | null {
  const found = complete(context.state.doc.toString(), context.pos)
  if (found === null || found.offers.length === 0) return null
  if (!context.explicit && context.pos === found.from && found.field) return null
  return {
    from: found.from,
    validFor: /^[\w.:-]*$/,
    options: found.offers.map(({ label, detail }) => ({
      ...{ label, detail, type: found.field ? 'property' : 'constant' },
      apply: found.field ? `${label}: ` : label,
    })),
  }
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--person)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: 'var(--model)' },
  { tag: tags.comment, color: 'var(--meta)', fontStyle: 'italic' },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: 'var(--warn)' },
])
