/** Common words of English reports, roughly by frequency: they make the language recognisable and stemming real. */
export const englishWords = `
the of and to in a for our we as is or that by on are with from at be this not have may which an were was other
these has its company year million net including business any financial such will customers operations total
certain cash income sales products revenue services costs under their market interest results tax value could
more assets expenses related increase due fiscal during based also if than risk information period operating
through share plan would all between new stock no per used can rate billion time ended changes statements been
management credit us amount who into required agreement effect subject primarily fair shares capital december
compared higher addition gross accounting performance control over growth securities use additional within us
each expected current data amounts future report conditions systems loss term certain both compensation debt
impact foreign currency margin segment employees payments key board long equity rates number contracts cost
significant research development program legal included following available united states liabilities obligations
investment properties insurance estimated decrease purchase received part annual general lower prior part quarter
reporting average provide benefit recorded balance adverse well recognized limited technology percent common
goodwill support regulatory policies economic several materially approval internal independent executive audit
committee programs suppliers manufacturing inventory demand prices pricing competition delivery design quality
supply chain environmental energy water safety training facility facilities office leases lease rental storage
retail stores store online digital platform software network security cloud customer partner contract license
patent claims litigation settlement court law laws regulation regulations compliance government agency authority
health care medical clinical drug products treatment patients trial device transport vehicle vehicles aircraft
fuel oil gas power plant capacity production volume weather season region regional europe asia china japan india
canada mexico brazil germany france kingdom international domestic global local central northern southern western
bank loans deposits mortgage commercial portfolio allowance hedging derivative maturity principal coupon notes
issued outstanding repurchase dividend dividends declared paid earnings diluted basic weighted options awards vesting
restricted units pension retirement actuarial discount assumptions estimate estimates judgment uncertainty forecast
strategy strategic initiative acquisition acquisitions divestiture restructuring impairment depreciation amortization
intangible trademark brand marketing advertising promotion channel distribution wholesale consumer household food
beverage restaurant franchise hotel travel media content subscription subscriber wireless broadband equipment
semiconductor wafer component materials steel aluminum chemical paper packaging construction housing real estate
`
  .trim()
  .split(/\s+/);
