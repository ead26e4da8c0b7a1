import { lexer, type MarkedToken, type Token } from 'marked'
import { Fragment, memo, type ReactNode } from 'react'
import { readCode } from './code-tokens.ts'
import './markdown.css'

/** Longer text is shown as it stands. */
const LONGEST = 64_000

/**
 * Markdown as React elements. Markup in it is shown as text, an image as its address, and a link only leads to http(s), with
 * its host in sight. Foreign text can neither run nor load anything.
 */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const tokens = text.length > LONGEST ? null : readTokens(text)
  if (tokens === null) return <p className="plain-text">{text}</p>
  return <div className="markdown">{renderAll(tokens)}</div>
})

function readTokens(text: string): Token[] | null {
  try {
    return lexer(text, { gfm: true })
  } catch {
    return null
  }
}

function renderAll(tokens: Token[] | undefined): ReactNode {
  return tokens?.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: tokens of a text have no other name
    <Fragment key={index}>{isKnown(token) ? renderToken(token) : token.raw}</Fragment>
  ))
}

function renderToken(token: MarkedToken): ReactNode {
  switch (token.type) {
    case 'paragraph':
      return <p>{renderAll(token.tokens)}</p>
    case 'heading':
      return <p className={`heading heading-${token.depth}`}>{renderAll(token.tokens)}</p>
    case 'code':
      return (
        <pre>
          <code>{renderCode(token.text, token.lang ?? '')}</code>
        </pre>
      )
    case 'blockquote':
      return <blockquote>{renderAll(token.tokens)}</blockquote>
    case 'list':
      return renderList(token)
    case 'table':
      return renderTable(token)
    case 'hr':
      return <hr />
    case 'space':
    case 'def':
      return null
    case 'strong':
      return <strong>{renderAll(token.tokens)}</strong>
    case 'em':
      return <em>{renderAll(token.tokens)}</em>
    case 'del':
      return <s>{renderAll(token.tokens)}</s>
    case 'codespan':
      return <code>{token.text}</code>
    case 'br':
      return <br />
    case 'link':
      return <SafeLink address={token.href}>{renderAll(token.tokens)}</SafeLink>
    case 'image':
      return <span className="picture">{describeImage(token.text, token.href)}</span>
    case 'text':
      return 'tokens' in token && token.tokens ? renderAll(token.tokens) : readEntities(token.text)
    case 'escape':
      return token.text
    default:
      return token.raw
  }
}

function renderCode(text: string, language: string): ReactNode {
  return (
    readCode(text, language)?.map((token, index) =>
      token.kind === 'plain' ? (
        token.text
      ) : (
        // biome-ignore lint/suspicious/noArrayIndexKey: tokens of a text have no other name
        <span key={index} className={`code-${token.kind}`}>
          {token.text}
        </span>
      ),
    ) ?? text
  )
}

type Named<Type extends MarkedToken['type']> = Extract<MarkedToken, { type: Type }>

function renderList(token: Named<'list'>): ReactNode {
  const items = token.items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: items of a list have no other name
    <li key={index}>
      {item.task && (
        <span role="img" aria-label={item.checked ? 'done' : 'open'}>
          {item.checked ? '☑ ' : '☐ '}
        </span>
      )}
      {renderAll(item.tokens.filter(one => one.type !== 'checkbox'))}
    </li>
  ))
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>
}

function renderTable(token: Named<'table'>): ReactNode {
  const renderRow = (cells: Named<'table'>['header'], Cell: 'th' | 'td') =>
    cells.map((cell, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: cells of a table have no other name
      <Cell key={index} align={cell.align ?? undefined}>
        {renderAll(cell.tokens)}
      </Cell>
    ))
  return (
    <div className="wide">
      <table>
        <thead>
          <tr>{renderRow(token.header, 'th')}</tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a table have no other name
            <tr key={index}>{renderRow(row, 'td')}</tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A link to http(s), its host beside it where the words do not say it; anything else is text. */
function SafeLink({ address, children }: { address: string; children: ReactNode }) {
  const url = URL.parse(address)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return (
      <>
        {children} <span className="quiet">({address})</span>
      </>
    )
  }
  return (
    <>
      <a href={url.href} target="_blank" rel="noreferrer noopener">
        {children}
      </a>
      <span className="quiet"> ({url.host})</span>
    </>
  )
}

function describeImage(words: string, address: string): string {
  const kind = /^data:([\w/+.-]+)/.exec(address)?.[1]
  const name = words === '' ? 'image' : `image “${words}”`
  return kind === undefined ? `[${name}, not loaded from ${address}]` : `[${name}, ${kind}]`
}

const ENTITIES: { [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function readEntities(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole)
}

function isKnown(token: Token): token is MarkedToken {
  return typeof token.type === 'string'
}
