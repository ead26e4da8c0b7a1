import { useQuery } from '@tanstack/react-query'
import { Component, type ReactNode, useState } from 'react'
import { formatCount } from '../ui/numbers.ts'
import { formatClock, formatExact } from '../ui/time.tsx'
import { countLines, firstLines, LongText } from './long-text.tsx'
import { Markdown } from './markdown.tsx'
import { type ShownBlock, type ShownMessage, textOptions } from './session-query.ts'
import { OrphanResult, ToolUnit } from './tool-unit.tsx'
import { nameBlock, useViews } from './views.ts'
import './message-blocks.css'

const TEXT_LINES = 40
/** Letters that a line holds, roughly. */
const LINE_LETTERS = 90

/** Who speaks and what is said. What stands around each sees to it that an odd one does not take the others with it. */
export function MessageBlocks({ message, tools }: { message: ShownMessage; tools?: ReactNode }) {
  const blocks = message.blocks.map((block, index) => ({ block, index }))
  const shown = blocks.filter(({ block }) => !(block.type === 'tool_result' && block.call !== null))
  if (shown.length === 0 && message.blocks.length > 0) return null
  const voice = shown.some(({ block }) => block.type !== 'tool_result') ? message.role : 'tool'
  return (
    <div className="message" data-voice={voice}>
      <div className="message-head">
        <span className="speaker">{nameSpeaker(voice, message)}</span>
        <span className="message-number">{message.message_index}</span>
        {message.created_at !== null && <SafeTime at={message.created_at} />}
        {tools}
      </div>
      {message.blocks.length === 0 && <p className="remark">Nothing is in this message</p>}
      {groupCalls(shown).map(group =>
        group.length === 1 ? (
          group.map(({ block, index }) => <Block key={index} block={block} message={message} index={index} />)
        ) : (
          <div className="parallel" key={group[0]?.index}>
            <p className="remark">{group.length} calls at once</p>
            {group.map(({ block, index }) => (
              <Block key={index} block={block} message={message} index={index} />
            ))}
          </div>
        ),
      )}
    </div>
  )
}

type Placed = { block: ShownBlock; index: number }

/** Calls that stand beside one another were made at the same time. */
function groupCalls(blocks: Placed[]): Placed[][] {
  const groups: Placed[][] = []
  for (const placed of blocks) {
    const last = groups.at(-1)
    if (placed.block.type === 'tool_call' && last?.at(-1)?.block.type === 'tool_call') last.push(placed)
    else groups.push([placed])
  }
  return groups
}

function Block({ block, message, index }: { block: ShownBlock; message: ShownMessage; index: number }) {
  switch (block.type) {
    case 'text':
      return <Text block={block} message={message} index={index} />
    case 'thinking':
      return (
        <Folded label={`Thought · ${formatCount(block.words)} words`} block={block} message={message} index={index} />
      )
    case 'tool_call':
      return <ToolUnit call={block} message={message.message_index} block={index} />
    case 'tool_result':
      return <OrphanResult result={block} />
    case 'attachment':
      return <Attachment block={block} message={message} index={index} />
  }
}

type TextBlock = Extract<ShownBlock, { type: 'text' | 'thinking' }>
interface TextProps {
  block: TextBlock
  message: ShownMessage
  index: number
}

function Text({ block, message, index }: TextProps) {
  if (message.role === 'system' || message.role === 'tool') {
    const words = block.text.trim().split(/\s+/).slice(0, 14).join(' ')
    return <Folded label={words === '' ? 'Empty' : `${words} …`} block={block} message={message} index={index} />
  }
  return <WholeText block={block} message={message} index={index} />
}

function WholeText({ block, message, index }: TextProps) {
  const name = useBlockName(message, index)
  if (block.text.trim() === '') return <p className="remark">An empty text</p>
  const isLong = block.length > block.text.length || estimateLines(block.text) > TEXT_LINES
  const render = (text: string) =>
    message.role === 'assistant' ? <Markdown text={text} /> : <p className="plain-text">{text}</p>
  if (!isLong) return <div data-block={name}>{render(block.text)}</div>
  return (
    <LongText
      source={{ ...block, message_index: message.message_index, block: index }}
      lines={TEXT_LINES}
      measure={estimateLines}
    >
      {(text, lines) => render(cutText(text, lines))}
    </LongText>
  )
}

function Folded({ label, block, message, index }: TextProps & { label: string }) {
  const { read, change } = useViews()
  const name = useBlockName(message, index)
  const view = read(name)
  const open = view.open ?? false
  return (
    <div className="folded">
      <button
        type="button"
        className="unit-head"
        aria-expanded={open}
        onClick={() => change(name, { ...view, open: !open })}
      >
        <span aria-hidden="true">{open ? '▾' : '▸'}</span>
        <span className="summary">{label}</span>
      </button>
      {open && (
        <div className="unit-body">
          <LongText
            source={{ ...block, message_index: message.message_index, block: index }}
            lines={TEXT_LINES}
            measure={estimateLines}
          >
            {(text, lines) => <p className="plain-text">{cutText(text, lines)}</p>}
          </LongText>
        </div>
      )}
    </div>
  )
}

function Attachment({
  block,
  message,
  index,
}: {
  block: Extract<ShownBlock, { type: 'attachment' }>
  message: ShownMessage
  index: number
}) {
  const { of } = useViews()
  const [wanted, setWanted] = useState(false)
  const place = { message_index: message.message_index, block: index, from: 0, limit: 16_000_000 }
  const image = useQuery({ ...textOptions(of, place), enabled: wanted && block.shown })
  const size = block.size === null ? '' : ` · ${describeSize(block.size)}`
  return (
    <p className="attachment">
      {block.media_type ?? (block.kind || 'attachment')}
      {size}
      {block.shown && (
        <button type="button" className="plain-button" aria-expanded={wanted} onClick={() => setWanted(!wanted)}>
          {wanted ? 'Hide' : 'Show'}
        </button>
      )}
      {wanted && image.data && /^data:image\//.test(image.data.text) && (
        <img src={image.data.text} alt={`Attachment of message ${message.message_index}`} />
      )}
    </p>
  )
}

/** A message that breaks says so in its place. */
export class Guard extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false }
  static getDerivedStateFromError() {
    return { broken: true }
  }
  override render() {
    return this.state.broken ? <p className="remark">This message could not be shown.</p> : this.props.children
  }
}

function SafeTime({ at }: { at: string }) {
  const time = Date.parse(at)
  if (Number.isNaN(time)) return null
  return (
    <time dateTime={at} title={formatExact(new Date(time).toISOString())}>
      {formatClock(time)}
    </time>
  )
}

function useBlockName(message: ShownMessage, index: number): string {
  return nameBlock(useViews().of.thread, message.message_index, index)
}

function nameSpeaker(voice: string, { model, author }: ShownMessage): ReactNode {
  if (voice === 'assistant') return model === null ? 'agent' : <>agent · {model}</>
  return author === null ? voice : `${voice} · ${author}`
}

function estimateLines(text: string): number {
  return Math.max(text.length / LINE_LETTERS, countLines(text))
}

/** The beginning of a text that fills about so many lines, at the end of one of its own. */
function cutText(text: string, lines: number): string {
  const cut = firstLines(text, lines).slice(0, lines * LINE_LETTERS)
  if (cut.length === text.length) return text
  const end = cut.lastIndexOf('\n')
  return end > cut.length / 2 ? cut.slice(0, end) : cut
}

function describeSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
