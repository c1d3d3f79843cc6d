"""Series over time: resampling, trend, seasonality, change points, anomalies and forecasts."""
