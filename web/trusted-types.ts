/**
 * The page's policy lets no text become markup. Mantine alone writes its variables into a style element that way, so the
 * one policy there is lets text pass that holds no markup, and nothing else. Imported before everything.
 */
const { trustedTypes } = window as { trustedTypes?: TrustedTypeFactory }

interface TrustedTypeFactory {
  createPolicy: (name: string, rules: { createHTML: (text: string) => string }) => unknown
}

trustedTypes?.createPolicy('default', {
  createHTML: text => {
    if (text.includes('<')) throw new TypeError('Markup is never made from text here.')
    return text
  },
})
