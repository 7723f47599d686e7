package compose

// englishWords are the English words that are no names of a model.
func englishWords() map[word]vocabulary {
	words := map[word]vocabulary{}
	for _, group := range []map[word]vocabulary{englishFunction(), englishGrouping(), englishComputing(), englishMovement(), englishConditions(), englishForms()} {
		for w, v := range group {
			words[w] = v
		}
	}
	return words
}

func englishFunction() map[word]vocabulary {
	return map[word]vocabulary{
		wFiller: one("the|a|an|of|in|for|to|our|we|us|my|me|i|you|your|their|they|its|on|at|with|as|is|are|was|were|be|been|being|do|does|did|done|has|have|had|having|can|could|would|may|might|please|pls|plz|kindly|hi|hello|hey|thanks|thank you|thx|ok|okay|well|" +
			"data|figures|figure|numbers|number|stats|statistics|value|values|results|result|amount|level|levels|look|looks|like|looking|come|came|come|comes|coming|from|within|during|get|got|go|went|about|per cent|overall|chart|graph|plot|visualize|visualise|visualization|charts|graphs|" +
			"current|currently|today's|there|here|by the way|by how much|right now|so far|ever|each of|company|business|team|performance|performing|perform|performed|doing|generate|generated|bring|brought|receive|received|made by|which is|that is|that are|that were|that was|that have|that had|who have|who had|who are|" +
			"breakdown|breakdown of|broken down|split|segmented|division|report|summary|summarize|summarise|overview|analysis|analyze|analyse|details|detail|view|one|ones|s|in terms of|terms of|based on|according to|as of|rate of|terms|give or take|approximately|roughly|around|bapsang|both|various|different|respective|respectively|corresponding|number that"),
		wNever:   one("how do i|how do we|how can i|how can we|how to|how should we|how could we|should i|should we|what if|drop table|suppose|percentile|mode|standard deviation|variance|target|targets|goal|goals|budget|second|third|fourth|new|newest|other|recent|recently|latest|repeat|returning|churn|margin|profit|cost|costs|inventory|stock|employee|employees|staff|cohort|retention|lifetime|previous|profitability|plan|quota|older|younger|states|stated|media plan|advice|recommend|should"),
		wFirst:   one("first|for the first time|the first|the first time"),
		wWhere:   one("where|whose|in which|for which"),
		wVerb:    one("show|show me|show us|give|give me|give us|tell|tell me|display|find|find me|fetch|pull|pull up|calculate|compute|see|let me see|let's see|i want|i want to see|i want to know|i need|i need to know|i'd like|i'd like to see|i'd like to know|i would like to see|i would like to know|can you show me|could you show me|can you|could you|could you please|want|want to know|need|know|draw|draw me|make|create|check|look at|return|report|present|provide|put|make it|do it|turn it|turn into|switch|switch to|change to|change it to|convert to|render|produce|what is|what's|whats|what was|what were|what are|what're|how is|how was|how are|how were|how did|how does|how do|how's|how has|how have|wondering|curious"),
		wExact:   one("exactly|precisely"),
		wHow:     one("how was|how were|how did|how is|how are|how's|how has|how have|performance|performing|doing|business"),
		wDone:    one("spent|paid|paid with|paid by|bought|bought something|bought anything|purchased|purchased something|made a purchase|placed|place|placed an order|ordered|ordered something|started|opened|created|received|recorded|registered|using|used|via|through|coming from|made"),
		wBeen:    one("published|posted|submitted|issued|listed|written|held|served|serving|located|located in|situated in|associated|associated with|occurred|occurring|occur|happened|took place"),
		wThen:    one("what about|how about|and what about|and how about|then|now|so|and for|same for|the same for|and the|ok and|okay and"),
		wInstead: one("instead|rather|in place"),
		wThose:   one("of those|of these|among those|among these|among them|of them|in those|from those|those|these|them|it|that|this|from that|within that|within those|in there"),
		wSame:    one("same|the same|again|likewise|similarly|keep|keep the rest"),
		wOnly:    one("only|just|solely|exclusively|limited to|restrict to|restricted to|filter to|filtered to|filter by|filtered by|narrow to|limit to|focus on"),
		wAnd:     one("and|or|x|×|plus|as well as|along with|together with|alongside"),
		wAlso:    one("also|too|as well|additionally|add|in addition|include|including"),
		wThan:    one("than"), wAmong: one("among|out of|amongst"), wFrom: one("starting"),
	}
}

func englishGrouping() map[word]vocabulary {
	return map[word]vocabulary{
		wBy:   {"": "by|split by|split up by|split across|split between|split into|broken down by|broken out by|broken up by|breakdown by|breakdown across|break down by|break it down by|break that down by|break down|break it down|grouped by|group by|group it by|segmented by|segment by|sliced by|slice by|across|by each|divided by|distribution by|distributed by|distribution across|for different|for the different|wise", "basis": "on the basis of"},
		wEach: one("each|every|for each|for every|in each|in every|of each|per each|by every|from each|at each|across each|within each|for each of"),
		wPer:  one("per|for one|for a single"),
		wTop:  one("top|leading|best performing|top performing|highest ranking"), wBottom: one("bottom|worst performing|lowest ranking|bottom performing"),
		wMost: one("most|most often|most frequently|fastest|maximum number|strongest|sharpest|the most|steepest"),
		wHigh: {"": "highest|largest|biggest|greatest|max|maximum|high|greatest number of|the greatest number of|the highest number of|highest number of|largest number of|busiest|most of all", "price": "most expensive|priciest|costliest|dearest", "length": "longest", "height": "tallest", "weight": "heaviest", "age": "oldest", "sold": "best selling|bestselling|top selling|most sold|sold the most|sold most|sells the most|sells best|sells most|sold best|sell the most|sell best|selling best|selling most|most popular|popular|bestseller|bestsellers|best sellers|best seller|top sellers|top seller|most purchased|bought the most|bought most|purchased the most|ordered the most|buy the most|hottest|sold the best"},
		wLow:  {"": "lowest|smallest|fewest|least|min|minimum|low|weakest|slowest|quietest|lowest number of|the least", "price": "cheapest|least expensive|most affordable", "length": "shortest", "weight": "lightest", "age": "youngest", "sold": "worst selling|least popular|least sold|slow moving|sold the least|sold least|sells the least|unpopular|slowest selling|worst sellers|sold worst|sell the least"},
		wGood: one("best"), wBad: one("worst|poorest"),
		wRank: one("ranking|rankings|rank|ranked|ranks|leaderboard"), wSort: one("sorted by|sort by|order the results by|order results by|sort the results by|sort results by|order them by|sort them by|order it by|sort it by|ordered by|order by|sorted|sort|ordered|arranged by|ranked by|rank by|ordering"),
		wAscend: one("ascending|asc|in ascending order|ascending order|lowest first|smallest first|low to high|lowest to highest|smallest to largest|from lowest to highest|increasing order"), wDescend: one("descending|desc|highest first|largest first|high to low|highest to lowest|largest to smallest|from highest to lowest|most to least|decreasing order|biggest first|in descending order|descending order"),
	}
}

func englishComputing() map[word]vocabulary {
	return map[word]vocabulary{
		wPercent:    one("percentage|percentages|percent|pct|%|what percentage|what percent|what % of|what percentage of|by how many percent|how many percent"),
		wShare:      one("share|shares|share of|share of total|share of the total|% of total|% of the total|percent of total|percentage of total|percentage of the total|proportion|proportions|proportion of total|proportion of the total|mix|contribution|contribution to total|contribute|contributes|make up|makes up|made up|account for|accounts for|accounted for|composition|what share|what proportion|percentage share|market share|distribution|portion"),
		wCumulative: one("cumulative|cumulatively|running total|running sum|running|accumulated|cumulated|cumulate|rolling total|to date total"),
		wCompare:    one("compare|comparing|comparison|compares|side by side|difference between|in comparison"), wVersus: one("vs|vs.|versus|v.s.|against"), wAgainst: one("compared to|compared with|relative to|in comparison to|in comparison with|compared|over the previous"),
		wTrend:    one("trend|trends|trending|trend of|over time|history|historical|timeline|time series|timeseries|evolution|progression|trajectory|trend line|through time|evolve|evolved|trended|develop|developed|development|course"),
		wRelate:   one("relation|relationship|correlation|correlate|correlated|correlates|connection|link|related|relate|relations|relationships|correlations|association"),
		wWhy:      one("why|reason|reasons|reason for|cause|causes|caused|causing|drove|drive|driver|drivers|drives|driving|explain|explains|explained|contributed to|behind|root cause|what drove|what caused|what drives|what explains|how come|what happened to|what happened with|due to|because|because of|reason behind|what's behind|what is behind|what led to|led to|responsible for|attributable"),
		wAnomaly:  one("anomaly|anomalies|anomalous|unusual|unusually|outlier|outliers|spike|spikes|strange|odd|weird|abnormal|abnormally|abnormality|irregular|irregularities|stand out|stands out|stood out|out of the ordinary|suspicious|anything unusual|surprising|exceptional|peculiar|dips|unexpected"),
		wForecast: one("forecast|forecasts|forecasted|forecasting|predict|prediction|predicted|predictions|projection|projections|projected|outlook|expected|expect|estimate for|extrapolate"),
		wWill:     one("will|will we|going to|gonna|will be|going to be|would be|is going to be|will it be|likely to be|shall we"),
		wNext:     one("next|coming|upcoming|the next|the coming|over the next|for the next"),
		wList:     one("list|lists|list of|list all|list out|list the|names of|name of|the names of|name the|enumerate|names|options|kinds of|types of"),
		wMedian:   one("median|medians"),
		wAverage:  one("average|averages|avg|mean|averaged|on average|averaging"),
		wAverageOver: {"day": "daily average|average daily|avg daily|mean daily|average per day|per day on average|average a day|daily mean|avg per day|averaged per day|average day", "week": "weekly average|average weekly|avg weekly|average per week|avg per week|average week|per week on average", "month": "monthly average|average monthly|avg monthly|average per month|avg per month|average month|per month on average",
			"quarter": "quarterly average|average quarterly|average per quarter", "year": "yearly average|annual average|average yearly|average annual|average per year|avg per year"},
		wCount: one("number of|count of|count|counts|# of|no. of|total number of|the number of|quantity of|total count of"), wHowMany: one("how many"), wHowMuch: one("how much|how high|how large|how big"),
		wTotal: one("total|sum|sum of|in total|altogether|combined|total amount of|total of|aggregate|grand total|totals|summed|gross total"), wAll: one("all|all the|all of the|any|entire|whole|across all|everything|overall total|company wide|total for all|in all"),
		wDistinct: one("distinct|unique"),
		wSold:     {"": "sold|sell|selling|sells|did we sell|have we sold|we sold|were sold|was sold|got sold|being sold", "money": "make|made|earn|earned|did we make|did we earn|we earned|take in|took in|earning"},
	}
}

func englishMovement() map[word]vocabulary {
	return map[word]vocabulary{
		wRose:   {"": "higher|better|rose|rise|rises|risen|rising|increased|increase|increases|increasing|grew|grow|grows|grown|growing|up|went up|go up|gone up|going up|gain|gained|gains|climbed|climb|improved|improve|improving|improvement|uptick|upturn|gainer|gainers|riser|risers|rise in|increase in", "spike": "surge|surged|spiked|jump|jumped|jumps|soared|skyrocketed|surges"},
		wFell:   {"": "lower|worse|fell|fall|falls|fallen|falling|dropped|drop|drops|dropping|declined|decline|declines|declining|decreased|decrease|decreases|decreasing|down|went down|go down|gone down|going down|shrank|shrink|shrunk|shrinking|worsened|worsening|slipped|slip|lose|losing|drop in|fall in|decline in|decrease in|dip|dipped|slowed|downturn|loser|losers|decliner|decliners", "spike": "plunged|plunge|collapsed|slumped|slump|crashed|tanked|plummeted"},
		wChange: one("mover|movers|swing|swings|change|changed|changes|changing|difference|differences|differ|delta|variation|varied|vary|moved|movement|change in|changes in|gap|shift|shifted"),
		wMoney:  one("in won|in dollars|in usd|in krw|in money|in currency|in absolute terms|in value"),
		wGrowth: {"either": "percent change|% change|percentage change|pct change|rate of change|relative change", "": "growth|growth rate|growth rates|rate of growth|% growth|percent growth|percentage growth|growth in"},
	}
}

func englishConditions() map[word]vocabulary {
	return map[word]vocabulary{
		wWhich:   one("which|what|who|what kind of|what kinds of|what types of|which of|whom|what all"),
		wExist:   one("do we use|are we using|do we offer|do we carry|do you have|are in use|are there|is there|do we have|do we sell to|exist|exists|available|there are|were there|did we have|we have|have we got|can i ask about|was there"),
		wNot:     one("except|except for|excluding|exclude|excludes|without|other than|not|not in|not from|not including|but not|apart from|aside from|leaving out|leave out|omitting|omit|outside|outside of|ignoring|ignore|minus|isn't|aren't|wasn't|is not|are not|was not|were not|drop the|remove|removing|everything but|everyone but|all but|not counting|instead of|rather than"),
		wRest:    one("the rest|rest|the others|the remaining|remaining|everything else"),
		wAtLeast: one("at least|reach|reached|hit|or more|or higher|or above|or over|or greater|and up|and above|and more|minimum of|not less than|no less than|no fewer than|>=|≥|a minimum of"), wAtMost: one("at most|up to|or less|or below|or fewer|or lower|or under|and below|maximum of|not more than|no more than|<=|≤|not exceeding"),
		wOver: one("over|above|more than|greater than|higher than|exceed|exceeds|exceeding|exceeded|pass|passed|cross|crossed|surpass|larger than|bigger than|in excess of|upwards of|>|beyond|topped|surpassed|surpassing|was over|were over"), wUnder: one("under|below|less than|fewer than|lower than|smaller than|<|beneath|cheaper than"),
		wBetween:  one("between|ranging from|in the range of|in between"),
		wContains: one("containing|contains|contain|mention|mentions|mentioning|with the word|that say|that contain|that mention"),
	}
}

func englishForms() map[word]vocabulary {
	return map[word]vocabulary{
		wChart: {
			"line": "line|lines|line chart|line graph|line plot|a line|line charts|as a line", "bar": "bar|bars|bar chart|bar graph|bar plot|column chart|column graph|bar charts|columns", "hbar": "horizontal bar|horizontal bars|horizontal bar chart|hbar", "stacked_bar": "stacked bar|stacked bars|stacked bar chart|stacked|stacked chart|stacked column chart", "grouped_bar": "grouped bar|grouped bars|grouped bar chart|clustered bar|clustered bar chart|side by side bars",
			"donut": "pie|pie chart|donut|donut chart|doughnut|doughnut chart|pie graph|ring chart|circle chart", "area": "area chart|area graph|stacked area|stacked area chart|area plot", "heatmap": "heatmap|heat map|heat-map", "scatter": "scatter|scatter plot|scatterplot|scatter chart|scatter graph|xy plot", "waterfall": "waterfall|waterfall chart",
			"none": "table|tables|table only|as a table|only a table|just a table|just the table|only the table|no chart|without a chart|without chart|without a graph|no graph|numbers only|just numbers|just the numbers|only numbers|tabular|table view|in tabular form|in a table"},
		wGrain: {"day": "day|days|date|dates", "week": "week|weeks", "month": "month|months", "quarter": "quarter|quarters", "year": "year|years", "weekday": "weekday|weekdays|day of week|day of the week|days of the week|weekday's", "hour_of_day": "hour|hours|hour of day|hour of the day|time of day", "when": "when"},
		wUnit:  {"item": "items|item|units|unit|times|pieces|pcs|cases|entries|rows|records", "person": "people|persons|person|users", "place": "places|locations", "rank": "th|st|nd|rd|place|spot|spots"},
	}
}
