"""What leaves the Center by itself: every act as an event, read by cursor or pushed to webhooks."""
