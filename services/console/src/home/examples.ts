/** What somebody may try who has nothing at hand. Their domains and numbers are reserved for examples. */
export const examples = [
  {
    label: 'A parcel fee',
    text: 'Your parcel is held at the depot. Pay the 2.99 customs fee today at http://dhl-parcel.test/pay or it is returned. Questions: +44 7700 900123',
  },
  {
    label: 'A bank alert',
    text: 'HSBC: a new device was added to your account. If this was not you, confirm your details at https://hsbc-secure-login.example/verify within 24 hours.',
  },
  {
    label: 'A family emergency',
    text: 'Hi mum, my phone broke, this is my new number. I need to pay a bill today, can you send 850 to this account? I will pay you back tomorrow.',
  },
  { label: 'Just a link', text: 'Is http://paypa1.com/claim safe to open?' },
] as const;
