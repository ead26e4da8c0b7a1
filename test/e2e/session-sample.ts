/** A session with one of everything that a transcript can show. */
export function makeSessionOfAll(): { role: string; [field: string]: unknown }[] {
  const time = (second: number) => new Date(Date.UTC(2026, 1, 1, 9, 0) + second * 1_000).toISOString()
  const call = (id: string, name: string, args: unknown, more: object = {}) => ({
    type: 'tool_call',
    id,
    name,
    arguments: args,
    ...more,
  })
  const result = (call_id: string, content: unknown, is_error: boolean | null = false) => ({
    type: 'tool_result',
    call_id,
    content,
    is_error,
  })
  const deepest = [
    { role: 'user', content: 'Count the deepest.' },
    {
      role: 'assistant',
      content: [call('d1', 'Task', { prompt: 'deeper' }, { messages: [{ role: 'user', content: 'bottom' }] })],
    },
  ]
  const inner = [
    { role: 'user', content: 'Find out who approved it.' },
    {
      role: 'assistant',
      content: [{ type: 'text', text: 'I look.' }, call('i1', 'Task', { prompt: 'deep' }, { messages: deepest })],
    },
    { role: 'tool', content: [result('i1', 'Nobody.')] },
    { role: 'assistant', content: 'The **manager** did.' },
  ]
  return [
    { role: 'system', content: 'You are Robin, who helps customers. Be kind, be brief.', created_at: time(0) },
    { role: 'user', content: 'Please refund order 4417.\nIt never came.', created_at: time(10), name: 'Ada' },
    {
      role: 'assistant',
      model: 'gemma4:31b',
      created_at: time(12),
      content: [
        { type: 'thinking', text: 'The order has to be looked up first. '.repeat(12) },
        {
          type: 'text',
          text: 'Let me **look that up**. See [the rules](https://shop.example/rules) and `refund()`.\n\n1. find\n2. refund\n\n| a | b |\n|---|---|\n| 1 | 2 |',
        },
        call('c1', 'get_order', {
          order: 4417,
          exact: 12345.5,
          note: 'first\nsecond',
          inner: '{"deep":[1,2,{"x":true}]}',
        }),
        call('c2', 'get_customer', { id: 'ada' }),
      ],
    },
    {
      role: 'tool',
      created_at: time(13),
      content: [
        result('c1', '{"id":4417,"paid":12345678901234567890,"lines":[{"sku":"a","n":[1,2]},{"sku":"b"}],"open":true}'),
      ],
    },
    { role: 'tool', created_at: time(13), content: [result('c2', '\u001b[32mAda\u001b[0m Lovelace')] },
    {
      role: 'assistant',
      created_at: time(20),
      content: [call('c3', 'bash', { command: 'refund --order 4417 --amount 12.50' })],
    },
    {
      role: 'tool',
      created_at: time(22),
      content: [
        result(
          'c3',
          `Exit code 1\n${Array.from({ length: 40 }, (_, n) => `step ${n} of the refund`).join('\n')}\nover limit`,
          true,
        ),
      ],
    },
    {
      role: 'assistant',
      created_at: time(30),
      content: [
        call('c4', 'Edit', {
          file_path: 'limits.ts',
          old_string: 'const a = 1\nconst limit = 10\nconst b = 2',
          new_string: 'const a = 1\nconst limit = 20\nconst b = 2',
        }),
      ],
    },
    { role: 'tool', created_at: time(31), content: [result('c4', 'edited')] },
    {
      role: 'assistant',
      created_at: time(40),
      content: [call('c5', 'Task', { description: 'Ask', prompt: 'Find out who approved it.' }, { messages: inner })],
    },
    { role: 'tool', created_at: time(55), content: [result('c5', 'The manager did.')] },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c6', type: 'function', function: { name: 'notify', arguments: '{"to": broken' } }],
    },
    {
      role: 'user',
      created_at: time(60),
      content: [
        { type: 'text', text: 'This is what I see' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
        { type: 'image', source: { type: 'url', url: 'https://elsewhere.example/x.png' } },
      ],
    },
    { role: 'tool', content: [result('lost', 'from nowhere')] },
    {
      role: 'assistant',
      created_at: time(70),
      content: `# Done\n\nThe refund is on its way.\n\n\`\`\`ts\nconst x: number = 1\n\`\`\`\n\n${'A long closing. '.repeat(30)}`,
    },
  ]
}

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
