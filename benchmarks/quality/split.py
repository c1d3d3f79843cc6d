"""Which tables the checks were tuned on, and which they were not. Fixed before the first run."""

DEV = (
    "titanic", "california_housing", "diamonds", "penguins", "iris", "telco_churn", "vega_stocks",
    "vega_movies", "538_dc_wikia_data", "538_police_killings", "bank_marketing_full",
    "vega_seattle_weather", "vega_airports", "gapminder", "plotly_tesla_stock_price",
)  # fmt: skip

HELD_OUT = (
    "adult", "ames_housing", "tips", "planets", "penguins_raw", "vega_cars", "winequality_red", "abalone",
    "beijing_pm25", "plotly_auto_mpg", "plotly_finance_charts_apple", "538_us_births_2000_2014_ssa",
    "538_congress_terms", "vega_sp500_2000", "538_airline_safety", "vega_countries",
    "vega_unemployment_across_industries", "plotly_volcano_db", "vega_la_riots", "538_weather_check",
    "plotly_2014_us_cities", "538_avengers", "538_murder_2015_final", "fmri",
)  # fmt: skip

TARGETS = {
    "titanic": "Survived", "iris": "species", "telco_churn": "Churn", "penguins": "species",
    "bank_marketing_full": "y", "california_housing": "median_house_value", "diamonds": "price",
    "adult": "income", "ames_housing": "SalePrice", "winequality_red": "quality", "abalone": "Rings",
    "plotly_auto_mpg": "mpg", "tips": "tip",
}  # fmt: skip
