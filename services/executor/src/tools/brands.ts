/** Names that phishing imitates, with the domains that are really theirs. Lower case; the list is ours and short. */
export interface Brand {
  readonly name: string;
  /** as it stands in a label of a domain */
  readonly word: string;
  readonly domains: readonly string[];
  /** an ordinary word, or one letter away from one: alone it says nothing */
  readonly ordinary?: true;
}

export const brands: readonly Brand[] = [
  { name: 'DHL', word: 'dhl', domains: ['dhl.com', 'dhl.de', 'dhl.co.uk', 'dhlparcel.nl', 'dhlparcel.co.uk'] },
  { name: 'UPS', word: 'ups', ordinary: true, domains: ['ups.com'] },
  { name: 'FedEx', word: 'fedex', domains: ['fedex.com'] },
  { name: 'USPS', word: 'usps', domains: ['usps.com'] },
  { name: 'Royal Mail', word: 'royalmail', domains: ['royalmail.com'] },
  { name: 'Evri', word: 'evri', domains: ['evri.com'] },
  { name: 'DPD', word: 'dpd', domains: ['dpd.com', 'dpd.co.uk', 'dpd.de'] },
  { name: 'Hermes', word: 'myhermes', domains: ['myhermes.de', 'myhermes.co.uk'] },
  { name: 'PayPal', word: 'paypal', domains: ['paypal.com', 'paypal.me', 'paypalobjects.com'] },
  {
    name: 'Amazon',
    word: 'amazon',
    domains: [
      'amazon.com',
      'amazon.co.uk',
      'amazon.de',
      'amazon.fr',
      'amazon.es',
      'amazon.it',
      'amazon.in',
      'amazonaws.com',
    ],
  },
  { name: 'Apple', word: 'apple', ordinary: true, domains: ['apple.com'] },
  { name: 'iCloud', word: 'icloud', ordinary: true, domains: ['icloud.com'] },
  { name: 'Microsoft', word: 'microsoft', domains: ['microsoft.com', 'microsoftonline.com'] },
  { name: 'Office 365', word: 'office365', domains: ['office365.com', 'office.com'] },
  { name: 'Outlook', word: 'outlook', ordinary: true, domains: ['outlook.com', 'outlook.live.com'] },
  { name: 'Google', word: 'google', domains: ['google.com', 'google.co.uk', 'google.de', 'googleapis.com'] },
  { name: 'Gmail', word: 'gmail', domains: ['gmail.com'] },
  { name: 'YouTube', word: 'youtube', domains: ['youtube.com'] },
  { name: 'Facebook', word: 'facebook', domains: ['facebook.com', 'fb.com'] },
  { name: 'Instagram', word: 'instagram', domains: ['instagram.com'] },
  { name: 'WhatsApp', word: 'whatsapp', domains: ['whatsapp.com', 'whatsapp.net'] },
  { name: 'Telegram', word: 'telegram', domains: ['telegram.org'] },
  { name: 'LinkedIn', word: 'linkedin', domains: ['linkedin.com'] },
  { name: 'Netflix', word: 'netflix', domains: ['netflix.com'] },
  { name: 'Spotify', word: 'spotify', domains: ['spotify.com'] },
  { name: 'eBay', word: 'ebay', domains: ['ebay.com', 'ebay.co.uk', 'ebay.de'] },
  { name: 'Vinted', word: 'vinted', ordinary: true, domains: ['vinted.com', 'vinted.co.uk', 'vinted.fr'] },
  { name: 'Booking.com', word: 'booking', ordinary: true, domains: ['booking.com'] },
  { name: 'Airbnb', word: 'airbnb', domains: ['airbnb.com', 'airbnb.co.uk'] },
  { name: 'HSBC', word: 'hsbc', domains: ['hsbc.com', 'hsbc.co.uk'] },
  { name: 'Barclays', word: 'barclays', domains: ['barclays.com', 'barclays.co.uk'] },
  { name: 'Lloyds Bank', word: 'lloydsbank', domains: ['lloydsbank.com', 'lloydsbank.co.uk'] },
  { name: 'NatWest', word: 'natwest', domains: ['natwest.com'] },
  { name: 'Santander', word: 'santander', domains: ['santander.com', 'santander.co.uk'] },
  { name: 'Monzo', word: 'monzo', domains: ['monzo.com'] },
  { name: 'Revolut', word: 'revolut', domains: ['revolut.com'] },
  { name: 'Chase', word: 'chase', ordinary: true, domains: ['chase.com'] },
  { name: 'Wells Fargo', word: 'wellsfargo', domains: ['wellsfargo.com'] },
  { name: 'Bank of America', word: 'bankofamerica', domains: ['bankofamerica.com'] },
  { name: 'Citibank', word: 'citibank', domains: ['citibank.com', 'citi.com'] },
  { name: 'ING', word: 'ingbank', domains: ['ing.com', 'ing.nl', 'ing.de'] },
  { name: 'Sparkasse', word: 'sparkasse', domains: ['sparkasse.de'] },
  { name: 'Coinbase', word: 'coinbase', domains: ['coinbase.com'] },
  { name: 'Binance', word: 'binance', ordinary: true, domains: ['binance.com'] },
  { name: 'MetaMask', word: 'metamask', domains: ['metamask.io'] },
  { name: 'HMRC', word: 'hmrc', domains: ['hmrc.gov.uk', 'gov.uk'] },
  { name: 'IRS', word: 'irs', ordinary: true, domains: ['irs.gov'] },
  { name: 'Vodafone', word: 'vodafone', domains: ['vodafone.com', 'vodafone.co.uk', 'vodafone.de'] },
  { name: 'Steam', word: 'steamcommunity', domains: ['steamcommunity.com', 'steampowered.com'] },
];
